"""The two routes that SageMaker calls: GET /ping and POST /invocations."""

import io
from functools import lru_cache

import flask
import joblib
import pandas as pd

app = flask.Flask(__name__)


@lru_cache(maxsize=1)
def model():
    return joblib.load("/opt/ml/model/model.joblib")


@app.get("/ping")
def ping():
    model()
    return "", 200


@app.post("/invocations")
def invocations():
    if flask.request.mimetype != "text/csv":
        return "send text/csv", 415
    rows = pd.read_csv(io.BytesIO(flask.request.data), header=None)
    answers = model().predict(rows)
    return flask.Response("\n".join(map(str, answers)) + "\n", mimetype="text/csv")
