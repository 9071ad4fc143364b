"""Every kind of change that an operation writes into the journal, read off the source."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("practice", "booking", "intake", "notifications")


def journaled_kinds(spelled: Mapping[str, Sequence[str]]) -> set[str]:
    """The kinds, of all apps. `spelled`: what a kind that is put together can read.

    Followed are what is written as `kind=`, what is assigned to a `kind` or a constant, and what
    is passed on to a function of the same module that takes a `kind`.
    """
    return {kind for path in _operations() for kind in _of_module(path, spelled)}


def _operations() -> Iterator[Path]:
    for app in APPS:
        yield from sorted((ROOT / app / "operations").rglob("*.py"))


def _of_module(path: Path, spelled: Mapping[str, Sequence[str]]) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    if "journal" not in {name for node in ast.walk(tree) for name in _imported(node)}:
        return
    places = {
        function.name: _place_of_kind(function)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg == "kind":
                    yield from _read(keyword.value, tree, spelled)
            place = places.get(node.func.id) if isinstance(node.func, ast.Name) else None
            if place is not None and place < len(node.args):
                yield from _read(node.args[place], tree, spelled)
        elif isinstance(node, ast.Assign):
            yield from _assigned(node, tree, spelled)
        elif isinstance(node, ast.FunctionDef):
            for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
                if argument.arg == "kind" and default is not None:
                    yield from _read(default, tree, spelled)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [alias.name for alias in node.names]
    # The module that writes the journal for others names it by its own functions.
    return ["journal"] if isinstance(node, ast.FunctionDef) and node.name == "_note" else []


def _place_of_kind(function: ast.FunctionDef) -> int | None:
    names = [argument.arg for argument in function.args.args]
    return names.index("kind") if "kind" in names else None


def _assigned(
    node: ast.Assign, tree: ast.Module, spelled: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    for target in node.targets:
        if isinstance(target, ast.Name) and target.id == "kind":
            yield from _read(node.value, tree, spelled)
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            for one, value in zip(target.elts, node.value.elts, strict=True):
                if isinstance(one, ast.Name) and one.id == "kind":
                    yield from _read(value, tree, spelled)


def _read(value: ast.expr, tree: ast.Module, spelled: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What an expression can say; nothing for a name that its own callers fill."""
    match value:
        case ast.Constant(value=str(kind)):
            yield kind
        case ast.IfExp(body=body, orelse=orelse):
            yield from _read(body, tree, spelled)
            yield from _read(orelse, tree, spelled)
        case ast.JoinedStr():
            yield from spelled[ast.unparse(value)]
        case ast.Name(id=name) if name.isupper() or name.startswith("_"):
            yield from _constant(name, tree)


def _constant(name: str, tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            targets = [t.id for t in node.targets if isinstance(t, ast.Name)]
            if name in targets:
                yield str(node.value.value)
        if isinstance(node, ast.ImportFrom) and name in [a.name for a in node.names]:
            path = ROOT / (node.module or "").replace(".", "/")
            found = path.with_suffix(".py") if not path.is_dir() else path / "__init__.py"
            yield from _constant(name, ast.parse(found.read_text()))
