"""ADD of a local archive: recognised by its content, unpacked below the destination."""

from __future__ import annotations

from gate.context.paths import clean
from gate.dockerfile.tree import Instruction
from gate.image import tarfile
from gate.image.copy import Budget, Options
from gate.image.node import Bytes, Node, directory
from gate.image.sparse import Sparse
from gate.image.tarfile import ArchiveError, Member
from gate.image.tree import Make, Tree, TreeError, TreeUnknown, check_length, chosen, raise_unknown
from gate.model import Unknown

_MAX_FILE = 64 << 20  # bytes of an archive that is looked into
_MAX_UNPACKED = 128 << 20
_HEAD = 1 << 16
_MAX_STEPS = 500_000  # entries, and the way to them
_STEP = 2_000  # bytes that are unpacked while one file is copied

_TYPES = {tarfile.CHARACTER: "device", tarfile.BLOCK: "device", tarfile.FIFO: "fifo"}


def unpack(source: Tree, operand: str, target: Tree, destination: str, options: Options, make: Make) -> Unknown | bool:
    """Unpack a source that is an archive; False for any other, Unknown for one that is not looked into:
    then the folder that takes the archive is there and open.

    Raises :class:`TreeError` where the builder refuses, :class:`TreeUnknown` where it cannot be told what the source is.
    """
    node = source.find(source.resolve(operand))
    if node is None or node.type != "file":
        return False
    if node.read(1) is None:
        raise TreeUnknown(Unknown(f"{base_of(operand)} cannot be read, so it may or may not be an archive"))
    try:
        found = _open(node)
    except (tarfile.TooLarge, tarfile.NoDecoder) as error:
        reason = "is too large" if isinstance(error, tarfile.TooLarge) else f"is compressed with {error}"
        folder = _folder(target, destination, make)
        folder.open = Unknown(f"{base_of(operand)} {reason}: its files are not listed")
        return folder.open
    if found is None:
        return False
    folder = _folder(target, destination, make)
    data, whole = found
    budget = options.budget or Budget(_MAX_STEPS)
    budget.spend(len(data) // _STEP)
    inside = Tree(folder, chroot=True)
    folders = []
    try:
        for member in tarfile.members(data, whole):
            budget.spend(1 + member.name.count("/") // 10)
            _extract(inside, member, data, options, node.source)
            if member.type == tarfile.DIRECTORY:
                folders.append(clean("/" + clean(member.name)))
    except ArchiveError as error:
        raise TreeError(str(error)) from error
    for place in folders:  # their times are set at the end
        if inside.find(place, follow=True) is None:
            raise TreeError(f"chtimes {place}: no such file or directory")
    return True


def base_of(operand: str) -> str:
    return operand.rstrip("/").rpartition("/")[2]


def _open(node: Node) -> tuple[bytes, bool] | None:
    """The decompressed archive, and whether it is whole; None when it is none.

    Raises :class:`~gate.image.tarfile.TooLarge`, :class:`~gate.image.tarfile.NoDecoder`.
    """
    head = node.read(_HEAD) or b""
    begin, _ = tarfile.decompress(head, _MAX_UNPACKED)
    if begin and not tarfile.is_tar(begin):
        return None
    data = node.read(_MAX_FILE + 1) or b""
    if len(data) > _MAX_FILE:
        raise tarfile.TooLarge
    unpacked, whole = tarfile.decompress(data, _MAX_UNPACKED)
    return (unpacked, whole) if tarfile.is_tar(unpacked) else None


def _folder(target: Tree, destination: str, make: Make) -> Node:
    place = target.resolve(destination)
    target.make_folders(place, make)
    folder = target.find(place, follow=True)
    if folder is None or folder.type != "directory":
        if folder is not None:
            raise_unknown(folder)
        raise TreeError(f"mkdir {place}: not a directory")
    return folder


def _extract(tree: Tree, member: Member, data: bytes, options: Options, source: str | None) -> None:
    """Write one entry. The folder that takes the archive is the root of everything, for links too."""
    if member.type == tarfile.GLOBAL:
        return
    name = clean(member.name)
    place = clean("/" + name)
    check_length(place)
    folder, last = _folder_for(tree, place, options.instruction)
    there = folder.child(last) if last else folder
    if there is not None and there.type == "directory" and name == ".":
        return
    if there is not None and (there.type != "directory" or member.type != tarfile.DIRECTORY):
        if place == "/":
            raise TreeError("unlinkat /: device or resource busy")
        folder.remove(last)
        there = None
    node = _node(tree, member, data, there, place)
    uid, gid = options.owner if options.owner is not None else (member.uid, member.gid)
    node.uid, node.gid = chosen(uid, node.uid), chosen(gid, node.gid)
    if node.type != "symlink":
        node.mode = member.mode & 0o7777
    node.instruction, node.source, node.implied = options.instruction, source, False
    if node is not there:
        folder.put(last, node)


def _folder_for(tree: Tree, place: str, instruction: Instruction | None) -> tuple[Node, str]:
    """The folder that takes an entry, and the entry's name there. Folders that the archive does not list itself are root's,
    0755."""
    parent, _, last = place.rpartition("/")
    at = tree.find(parent, follow=True)
    if at is None and tree.find(parent) is None:
        tree.make_folders(parent, lambda at: directory(0o755 | (at.mode or 0) & 0o2000, instruction=instruction))
        at = tree.find(parent, follow=True)
    if at is None or at.type != "directory":
        return tree.folder_of(place)
    return at, last


def _node(tree: Tree, member: Member, data: bytes, there: Node | None, place: str) -> Node:
    if member.type == tarfile.DIRECTORY:
        return there if there is not None else directory()
    if member.holes is not None:
        return Node("file", 0, content=Sparse(data, member.holes))
    if member.type == tarfile.REGULAR:
        return Node("file", 0, content=Bytes(data[member.start : member.start + member.size]))
    if member.type == tarfile.SYMLINK:
        if not member.link:
            raise TreeError(f"symlink  {place}: no such file or directory")
        return Node("symlink", 0o777, link=member.link)
    if member.type == tarfile.HARDLINK:
        linked = tree.find(clean("/" + member.link))
        if linked is None or linked.type == "directory":
            why = "no such file or directory" if linked is None else "operation not permitted"
            raise TreeError(f"link {member.link} {place}: {why}")
        return linked
    if member.type in _TYPES:
        return Node(_TYPES[member.type], 0)
    raise TreeError(f"unhandled tar header type {ord(member.type[:1] or chr(0))}")
