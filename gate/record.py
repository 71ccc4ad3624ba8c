"""``@dataclass``, as :mod:`dataclasses` has it, at a tenth of the cost.

The standard decorator writes and compiles up to ten methods for every class, and loading it loads Python's own compiler
of syntax trees. A command that is over in a tenth of a second pays for that each time: with more than a hundred classes it
was a third of the whole. This one compiles ``__init__`` when a class is used often, and shares the rest. ``frozen`` is
what mypy checks and makes a class hashable; nothing enforces it at run time, which makes objects cheaper too.
``replace``, ``asdict`` and ``fields`` of :mod:`dataclasses` work as usual; what is here does the same without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace

    def names(record: Any) -> tuple[str, ...]: ...
else:
    import operator

    MISSING = object()
    _OFTEN = 16
    """Objects of a class that are made before its ``__init__`` is compiled: that takes as long as making 40 without."""

    class Field:
        """What is said of one field; see :func:`dataclasses.field`."""

        __slots__ = ("default", "default_factory", "init", "kw_only", "name", "repr", "type")

        def __init__(self, default, default_factory, init, repr, kw_only):
            self.default = default
            self.default_factory = default_factory
            self.init = init
            self.repr = repr
            self.kw_only = kw_only

    def field(*, default=MISSING, default_factory=MISSING, init=True, repr=True, kw_only=False):
        """What a class says of one of its fields; the parameters are those of :func:`dataclasses.field`."""
        return Field(default, default_factory, init, repr, kw_only)

    def dataclass(cls=None, /, *, eq=True, order=False, frozen=False, slots=False):
        """Make a class a dataclass; the parameters are those of :func:`dataclasses.dataclass`."""

        def make(cls):
            return _made(cls, eq, order, frozen, slots)

        return make if cls is None else make(cls)

    def _made(cls, eq, order, frozen, slots):
        own = _own_fields(cls)
        fields = {}
        for base in reversed(cls.__mro__[1:]):
            fields.update(base.__dict__.get("_record_fields", {}))
        fields.update(own)
        if slots:
            cls = _with_slots(cls, own)
        members = {"__init__": _first_init(cls, fields), "__repr__": _repr}
        if eq:
            members.update(__eq__=_eq, __hash__=_hash if frozen else None)
        if order:
            members.update(__lt__=_lt, __le__=_le, __gt__=_gt, __ge__=_ge)
        for name, member in members.items():
            if name not in cls.__dict__ or (name == "__hash__" and cls.__dict__[name] is None):
                setattr(cls, name, member)
        cls._record_fields = fields
        cls._record_key = staticmethod(operator.attrgetter(*fields)) if fields else staticmethod(lambda record: ())
        cls._record_copy = staticmethod(_copier(fields))
        cls.__dataclass_fields__ = _StandardFields(fields)
        cls.__dataclass_params__ = None
        return cls

    def replace(record, /, **changes):
        """A copy with other values in some fields, as :func:`dataclasses.replace` makes it."""
        copy = record._record_copy(record)
        for name, value in changes.items():
            setattr(copy, name, value)
        return copy

    def _own_fields(cls):
        """The class's own fields by name: each a :class:`dataclasses.Field`, its default taken off the class."""
        own = {}
        for name, kind in cls.__annotations__.items():
            if str(kind).startswith(("ClassVar", "typing.ClassVar")):
                continue
            default = cls.__dict__.get(name, MISSING)
            described = default if isinstance(default, Field) else field(default=default)
            described.name, described.type = name, kind
            own[name] = described
            if default is not MISSING:
                if described.default is MISSING:
                    delattr(cls, name)
                else:
                    setattr(cls, name, described.default)
        return own

    def _with_slots(cls, own):
        members = {name: value for name, value in cls.__dict__.items() if name not in own}
        members.pop("__dict__", None)
        members.pop("__weakref__", None)
        made = type(cls)(cls.__name__, cls.__bases__, {**members, "__slots__": tuple(own)})
        made.__qualname__ = cls.__qualname__
        return made

    def _copier(fields):
        """What makes an object anew from its fields: as arguments by place, which is fast, where all can be given so."""
        given = [name for name, described in fields.items() if described.init]
        places = [name for name in given if not fields[name].kw_only]
        if len(places) == len(fields) > 1:
            values = operator.attrgetter(*fields)
            return lambda record: record.__class__(*values(record))
        return lambda record: record.__class__(**{name: getattr(record, name) for name in given})

    def _first_init(cls, fields):
        """An ``__init__`` that a compiled one replaces when there are many objects, or at the first mistake, which it
        tells: few classes have many objects in a short run."""
        taken = frozenset(name for name, described in fields.items() if described.init)
        places = [name for name in fields if name in taken and not fields[name].kw_only]
        defaults = [(name, described.default, described.default_factory) for name, described in fields.items()]
        left = _OFTEN

        def __init__(self, *arguments, **keywords):
            nonlocal left
            left -= 1
            values = {**dict(zip(places, arguments, strict=False)), **keywords}
            mistaken = len(values) < len(arguments) + len(keywords) or not taken.issuperset(keywords)
            if left >= 0 and not mistaken:
                for name, default, factory in defaults:
                    value = values[name] if name in values else default if factory is MISSING else factory()
                    if value is MISSING:
                        break
                    setattr(self, name, value)
                else:
                    return
            cls.__init__ = _init(cls, fields)
            cls.__init__(self, *arguments, **keywords)

        return __init__

    def _init(cls, fields):
        """``__init__``: parameters in the order of the fields, those that are keyword-only behind the others."""
        scope = {"MISSING": MISSING}
        places, keywords, body = [], [], []
        for name, described in fields.items():
            if described.default_factory is not MISSING:
                scope[f"_make_{name}"] = described.default_factory
                value = f"_make_{name}() if {name} is MISSING else {name}" if described.init else f"_make_{name}()"
                default = "=MISSING"
            else:
                value = name if described.init else f"_default_{name}"
                default = "" if described.default is MISSING else f"=_default_{name}"
                scope[f"_default_{name}"] = described.default
            body.append(f" self.{name} = {value}")
            if described.init:
                (keywords if described.kw_only else places).append(name + default)
        if keywords:
            places += ["*", *keywords]
        source = f"def __init__(self, {', '.join(places)}):\n" + ("\n".join(body) or " pass")
        code = compile(source, f"<{cls.__qualname__}>", "exec")  # a name of its own in tracebacks and profiles
        exec(code, scope)  # noqa: S102  made of the names of fields only
        made = scope["__init__"]
        made.__qualname__ = f"{cls.__qualname__}.__init__"
        return made

    def _repr(self):
        shown = [f"{name}={getattr(self, name)!r}" for name, described in self._record_fields.items() if described.repr]
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def _eq(self, other):
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self is other or self._record_key(self) == self._record_key(other)

    def _hash(self):
        return hash(self._record_key(self))

    def _comparison(compare):
        def method(self, other):
            if other.__class__ is not self.__class__:
                return NotImplemented
            return compare(self._record_key(self), self._record_key(other))

        return method

    _lt, _le, _gt, _ge = map(_comparison, (operator.lt, operator.le, operator.gt, operator.ge))

    class _StandardFields:
        """What :func:`dataclasses.replace` and its like look for; made when somebody looks."""

        def __init__(self, fields):
            self._fields = fields

        def __get__(self, instance, owner):
            import dataclasses

            found = {}
            for name, own in self._fields.items():
                said = {"default": own.default, "default_factory": own.default_factory}
                said = {key: value for key, value in said.items() if value is not MISSING}
                found[name] = made = dataclasses.field(init=own.init, repr=own.repr, kw_only=own.kw_only, **said)
                made.name, made.type, made._field_type = name, own.type, dataclasses._FIELD
            return found

    def names(record):
        """The names of the fields of a record or of a class of records, in order."""
        return tuple(record._record_fields)


__all__ = ["dataclass", "field", "names", "replace"]
