"""Tar archives read in order, without unpacking, within a memory budget."""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from spikedim.data._source import refuse
from spikedim.data._streams import ByteStream

__all__ = ["walk_tar"]

# Headers that are read whole before the member they speak of: long names and extended attributes.
_WHOLE = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
_HEADER_SHARE = 32  # a byte of a header of many small records, as a table in Python: measured 16


def walk_tar(path: Path, budget: int) -> Iterator[tuple[str, tarfile.TarInfo, ByteStream]]:
    """Yield (name of the inner archive or "", member, stream) of the regular files, in order.

    Archives inside the archive are walked too, one level deep.
    """
    kind = _bounded_member(path, budget)
    with tarfile.open(path, "r|*", tarinfo=kind) as archive:
        for member, stream in _files(archive):
            if not member.name.endswith(".tar"):
                yield "", member, stream
                continue
            with tarfile.open(fileobj=stream, mode="r|", tarinfo=kind) as nested:
                for part, inside in _files(nested):
                    yield member.name, part, inside


def _files(archive: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """Yield the regular files, forgetting those that are done."""
    for member in archive:
        stream = archive.extractfile(member) if member.isreg() else None
        if stream is not None:
            yield member, stream
        archive.members.clear()  # type: ignore[attr-defined]


def _bounded_member(path: Path, budget: int) -> type[tarfile.TarInfo]:
    """Return a kind of member that refuses what tarfile would read whole, however large."""
    most = budget // _HEADER_SHARE
    shared = 0

    class BoundedMember(tarfile.TarInfo):
        @classmethod
        def frombuf(cls, *block: Any) -> "BoundedMember":
            nonlocal shared
            member = super().frombuf(*block)
            # Attributes for all members stay: together they may be no larger than one header.
            shared += member.size if member.type == tarfile.XGLTYPE else 0
            size = max(shared, member.size if member.type in _WHOLE else 0)
            if size > most:
                raise refuse(
                    f"be at least {size * _HEADER_SHARE:,} bytes to read {size:,} bytes of headers",
                    f"{budget:,} for {path}",
                    "Raise it, or write the archive again without extended attributes.",
                    name="memory_budget",
                )
            if member.type == tarfile.GNUTYPE_SPARSE:
                raise _sparse(member, path)
            return member

        def _proc_gnusparse_10(self, member: tarfile.TarInfo, *_: Any) -> None:
            """Refuse the newer form too; tarfile calls this once it has read its attributes."""
            raise _sparse(member, path)

    return BoundedMember


def _sparse(member: tarfile.TarInfo, path: Path) -> Exception:
    """Return the refusal of a member whose map of holes may have any length."""
    return refuse(
        "have no sparse members",
        f"{member.name} in {path}",
        "Write the archive again without --sparse.",
    )
