"""Octal and symbolic modes."""

import pytest

from gate.image.modes import ModeError, parse_mode


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("755", 0o644, 0o755), ("4711", 0o644, 0o4711), ("0", 0o777, 0), ("0600", 0o777, 0o600),
        ("u+x", 0o644, 0o744), ("+x", 0o644, 0o755), ("go-w", 0o666, 0o644), ("a=r", 0o755, 0o444), ("o=", 0o757, 0o750), ("=", 0o755, 0),
        ("u=rwX,go=rX", 0o644, 0o644), ("u=rwX,go=rX", 0o700, 0o755), ("g=u", 0o640, 0o660), ("u=g,o=u", 0o750, 0o555), ("g=u-w", 0o640, 0o640),
        ("u+s", 0o755, 0o4755), ("g+s", 0o755, 0o2755), ("o+s", 0o755, 0o755), ("+t", 0o755, 0o1755), ("a-s", 0o6755, 0o755), ("u=rwX", 0o4755, 0o755),
        ("u=rwx", 0o1644, 0o1744), ("a+X", 0o644, 0o644), ("-x", 0o755, 0o644), ("u+x,g+w", 0o644, 0o764), ("+r-w=x", 0o777, 0o111),
        ("+xt", 0o644, 0o1644),
    ],
)  # fmt: skip
def test_modes(text: str, old: int, new: int) -> None:
    assert oct(parse_mode(text)(old, False)) == oct(new)


def test_x_for_folders() -> None:
    assert parse_mode("a+X")(0o644, True) == 0o755


def test_umask_counts_only_where_nobody_is_named() -> None:
    assert parse_mode("+w", 0o022)(0o444, False) == 0o644
    assert parse_mode("a+w", 0o022)(0o444, False) == 0o666
    assert parse_mode("+x", 0o022)(0o644, False) == 0o755


@pytest.mark.parametrize("text", ["", "8", "10000", "u+z", "rw", "u", "u+x,", "0o644", "+8", ",u+x", "99"])
def test_no_modes(text: str) -> None:
    with pytest.raises(ModeError):
        parse_mode(text)
