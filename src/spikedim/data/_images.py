"""Folders and tar archives of images, flat or with one sub-folder per class, decoded as read."""

import os
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from spikedim._core import AnyArray
from spikedim.data._arrays import BYTE_SCALE, slices
from spikedim.data._decode import IMAGE_SUFFIXES, Frame, decode, look
from spikedim.data._fingerprints import fingerprint_paths
from spikedim.data._source import Request, Source, check_labels, refuse
from spikedim.data._streams import ByteStream, rebatch
from spikedim.data._tar import walk_tar

__all__ = ["open_image_folder", "open_image_tar"]

SPLIT_FOLDERS = {
    "train": ("train", "training"),
    "test": ("test", "testing", "val", "validation", "valid"),
    "validation": ("validation", "val", "valid"),
}
_CHECKED_HEADERS = 1000
_TAR_CHUNK = 64


def open_image_folder(folder: Path, request: Request, crop: int | None = None) -> Source:
    """Return a source over the images in a folder; classes are its sub-folders, sorted by name."""
    root = _split_folder(folder, request.split)
    paths, names, labels = _list(root)
    budget = request.memory_budget
    frame, notes = _frame([root / p for p in _spread(paths)], crop, budget)
    fingerprint, hashed = fingerprint_paths([root / p for p in paths], root, salt=_salt(crop))

    def fetch(start: int, stop: int) -> AnyArray:
        return take(range(start, stop))

    def take(indices: Sequence[int]) -> AnyArray:
        out = np.empty((len(indices), *frame), np.uint8)
        for row, index in enumerate(indices):
            file = root / paths[index]
            out[row] = decode(file, file, frame, crop=crop, budget=budget)
        return out

    return Source(
        modality="image",
        item_shape=frame,
        count=len(paths),
        dtype=np.dtype(np.uint8),
        scale=BYTE_SCALE,
        read=slices(len(paths), fetch),
        take=take,
        fingerprint=fingerprint,
        labels=None if labels is None else np.array(labels, np.int64),
        class_names=names,
        notes=(*notes, *hashed),
    )


def _split_folder(folder: Path, split: str) -> Path:
    """Return the sub-folder of `split` if the folder is divided so, else the folder itself."""
    divisions = {name for names in SPLIT_FOLDERS.values() for name in names}
    inside = {entry.name for entry in os.scandir(folder) if entry.is_dir()}
    visible = {name for name in inside if not name.startswith(".")}
    if visible and visible <= divisions:
        for name in SPLIT_FOLDERS[split]:
            if name in visible:
                return folder / name
        raise refuse(
            f"be one of the splits in {folder} ({', '.join(sorted(visible))})",
            repr(split),
            "Choose another split.",
            name="split",
        )
    if split != "train":
        raise refuse(
            f"be 'train' for {folder}, which has no sub-folder of that name",
            repr(split),
            "Leave `split` out.",
            name="split",
        )
    return folder


def _list(root: Path) -> tuple[list[str], tuple[str, ...], list[int] | None]:
    """Return relative image paths in order, class names, and the class of each image."""
    paths, flat, classes = [], 0, []
    for here, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        relative = Path(here).relative_to(root)
        for name in sorted(files):
            if name.startswith(".") or Path(name).suffix.lower() not in IMAGE_SUFFIXES:
                continue
            paths.append((relative / name).as_posix())
            flat += relative == Path()
            classes.append("" if relative == Path() else relative.parts[0])
    if not paths:
        raise refuse(
            f"hold images ({', '.join(sorted(IMAGE_SUFFIXES))})", root, "The folder has none."
        )
    if flat == len(paths):
        return paths, (), None
    if flat:
        raise refuse(
            "hold either images or one sub-folder per class, not both",
            f"{flat} loose images beside sub-folders in {root}",
            "Move the loose images into a class folder.",
        )
    names = tuple(sorted(set(classes)))
    number = {name: i for i, name in enumerate(names)}
    return paths, names, [number[name] for name in classes]


def _spread(paths: list[str]) -> list[str]:
    """Return at most 1,000 evenly spread paths."""
    chosen = np.linspace(0, len(paths) - 1, min(len(paths), _CHECKED_HEADERS)).round()
    return [paths[int(i)] for i in chosen]


def _frame(files: list[Path], crop: int | None, budget: int) -> tuple[Frame, tuple[str, ...]]:
    """Return the common shape of the images; without `crop`, refuse different sizes."""
    frames = [look(file, file, crop=crop, budget=budget) for file in files]
    channels = max(frame[2] for frame in frames)
    if crop is not None:
        return (crop, crop, channels), _notes(crop)
    height, width, _ = frames[0]
    for file, frame in zip(files, frames, strict=True):
        if frame[:2] != (height, width):
            raise refuse(
                f"hold images of one size, {height} x {width} like the first",
                f"{frame[0]} x {frame[1]} in {file}",
                "Resize them, or open them as images:DIR@SIZE, which resizes and crops.",
            )
    return (height, width, channels), _notes(None)


def _salt(crop: int | None) -> tuple[str, ...]:
    """Return what tells the same files at another crop apart."""
    return () if crop is None else (f"crop {crop}",)


def _notes(crop: int | None) -> tuple[str, ...]:
    byte = "8-bit values v stand for v / 255."
    if crop is None:
        return (byte,)
    return (
        byte,
        (
            f"Shorter side resized to {round(crop * 256 / 224)} (bilinear, antialiased), centre "
            f"crop {crop} x {crop}."
        ),
    )


def open_image_tar(path: Path, request: Request, crop: int | None = None) -> Source:
    """Return a source over the images in a tar archive, in its order; nothing is extracted.

    Classes are the folders the images lie in. An archive of one tar per class is read too.
    """
    if request.split != "train":
        raise refuse(
            "be 'train' for a tar archive", request.split, "Name another archive.", name="split"
        )
    budget = request.memory_budget
    classes: list[int] = []
    found: dict[str, int] = {}
    letters = 0
    frame: Frame | None = None
    task = request.progress.start(f"listing {path.name}", None)
    for name, folder, stream in _members(path, budget):
        if frame is None:
            frame = look(stream.read(), f"{path}:{name}", crop=crop, budget=budget)
        letters += 0 if folder in found else len(folder)
        classes.append(found.setdefault(folder, len(found)))
        check_labels(len(classes), budget, letters=letters)
        request.progress.advance(task)
    request.progress.finish(task)
    if frame is None:
        raise refuse("hold images", path, "The archive has none.")
    # Colour is not known before the end is read: a grey first image must not decide for all.
    shape = (crop, crop, 3) if crop is not None else frame
    names = tuple(sorted(found))
    number = np.argsort(np.array([found[name] for name in names]))
    fingerprint, hashed = fingerprint_paths([path], path, salt=_salt(crop))

    def images() -> Iterator[AnyArray]:
        for name, _, stream in _members(path, budget):
            what = f"{path}:{name}"
            yield decode(stream.read(), what, shape, crop=crop, budget=budget)[None]

    return Source(
        modality="image",
        item_shape=shape,
        count=len(classes),
        dtype=np.dtype(np.uint8),
        scale=BYTE_SCALE,
        read=lambda rows: rebatch(images(), rows),
        fingerprint=fingerprint,
        labels=number[classes] if len(names) > 1 else None,
        class_names=names if len(names) > 1 else (),
        notes=(*_notes(crop), *hashed),
    )


def _members(path: Path, budget: int) -> Iterator[tuple[str, str, ByteStream]]:
    """Yield (name, class, stream) of the images: regular files only, in order, never unpacked."""
    for outer, member, stream in walk_tar(path, budget):
        inner = PurePosixPath(member.name)
        if _is_image(inner):
            _check_size(member, path, budget)
            if outer:
                yield f"{outer}:{member.name}", PurePosixPath(outer).stem, stream
            else:
                yield member.name, inner.parent.name, stream


def _check_size(member: tarfile.TarInfo, path: Path, budget: int) -> None:
    """Refuse a member that would not fit: a compressed archive may stand for far more bytes."""
    if member.size > budget:
        raise refuse(
            f"have members of at most {budget:,} bytes, the memory budget",
            f"{member.size:,} bytes in {path}:{member.name}",
            "Remove that member or raise the budget.",
        )


def _is_image(name: PurePosixPath) -> bool:
    return name.suffix.lower() in IMAGE_SUFFIXES and not name.name.startswith(".")
