"""SMT007 hyperparameter-as-number: every value of hyperparameters.json is a string."""

import ast
from collections.abc import Iterator

from gate.build import Build
from gate.lazy import pattern
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._training import TRAIN, TRAINING, program

_FOR = (TRAINING,)
_READ = 'import json\nparams = json.load(open("/opt/ml/input/config/hyperparameters.json"))\n'

rule = Rule(
    id="SMT007",
    name="hyperparameter-as-number",
    severity=Severity.INFO,
    confidence="medium",
    platforms=_FOR,
    summary="A hyperparameter is used as a number without a conversion.",
    reason='All values of hyperparameters.json are strings: "10" as a depth is a TypeError, and times two it is "1010".',
    fix='Convert it: int(params["max_depth"]).',
    bad=[
        Example(
            TRAIN, files={"train.py": _READ + 'clf = Tree(max_leaf_nodes=»params["max_leaf_nodes"])\n'}, platforms=_FOR
        )
    ],
    good=[
        Example(
            TRAIN,
            files={"train.py": _READ + 'clf = Tree(max_leaf_nodes=int(params["max_leaf_nodes"]))\n'},
            platforms=_FOR,
        ),
        Example(TRAIN, files={"train.py": _READ + 'clf = Tree(criterion=params["criterion"])\n'}, platforms=_FOR),
        Example(
            TRAIN,
            files={"train.py": 'params = {"max_depth": 3}\nclf = Tree(max_depth=params["max_depth"])\n'},
            platforms=_FOR,
        ),
    ],
)

_NUMBER = pattern(
    r"max_\w+|min_\w+|n_\w+|num_\w+|\w+_(?:size|rate|steps|epochs|decay|ratio|estimators|depth|iterations|layers|units|dim)|epochs?|lr|"
    r"learning_rate|alpha|gamma|momentum|dropout|seed|batch_size|random_state|eta|subsample|verbose"
)


@rule.on_build
def check(build: Build) -> Results:
    source = program(build)
    if source is None or source.tree is None or "hyperparameters.json" not in source.text:
        return
    for node in _uses(source.tree):
        yield rule.finding(source.place(node), "The hyperparameter is a string, and a number is wanted here.")


def _uses(tree: ast.Module) -> Iterator[ast.expr]:
    """``name["key"]`` straight as a numeric argument, where ``name`` is what ``json.load`` gave and nothing else."""
    given: dict[str, int] = {}
    loaded: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            given[name] = given.get(name, 0) + 1
            if _is_load(node.value):
                loaded.add(name)
    loaded = {name for name in loaded if given[name] == 1}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            wanted = [keyword.value for keyword in node.keywords if keyword.arg and _NUMBER.fullmatch(keyword.arg)]
            if isinstance(node.func, ast.Name) and node.func.id == "range":
                wanted += node.args
            yield from (value for value in wanted if _of(value, loaded))


def _is_load(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr == "load"
        and isinstance(value.func.value, ast.Name)
        and value.func.value.id == "json"
    )


def _of(value: ast.expr, names: set[str]) -> bool:
    if (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr == "get"
        and len(value.args) == 1
    ):
        return isinstance(value.func.value, ast.Name) and value.func.value.id in names
    return isinstance(value, ast.Subscript) and isinstance(value.value, ast.Name) and value.value.id in names
