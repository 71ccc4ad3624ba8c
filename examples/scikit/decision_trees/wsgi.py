"""What gunicorn loads: `wsgi:app`."""

from predictor import app

__all__ = ["app"]
