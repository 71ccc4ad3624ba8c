"""Miles per gallon from weight and power, by two coefficients that were fitted elsewhere."""

import json
from pathlib import Path

from flask import Flask, request

app = Flask(__name__)
COEFFICIENTS = json.loads(Path(__file__).with_name("coefficients.json").read_text())


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/predict")
def predict():
    car = request.get_json()
    miles = COEFFICIENTS["intercept"]
    miles += sum(COEFFICIENTS[name] * float(car[name]) for name in ("weight", "horsepower"))
    return {"miles_per_gallon": round(miles, 1)}
