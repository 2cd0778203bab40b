"""The log for TensorBoard, beside the one that is always written."""

from types import TracebackType
from typing import Any, final

from spikedim._core import require
from spikedim.training.runs._log_line import LogLine
from spikedim.training.runs._replace_file import disk_errors
from spikedim.training.runs._run_folder import RunFolder

__all__ = ["TensorBoardLog"]

_CURVES = ("loss", "accuracy", "learning_rate", "gradient_norm", "samples_per_second")


@final
class TensorBoardLog:
    """Writes the lines of a log into files that TensorBoard shows; a context manager.

    Parameters
    ----------
    folder : RunFolder
        The files go to its folder ``tensorboard``.
    after : int or None, default None
        Update from which a resumed run goes on: TensorBoard forgets what earlier files have after
        it. None for a fresh run.

    Raises
    ------
    MissingExtraError
        If the extra ``tensorboard`` is not installed.
    InputError
        If the disk refuses.

    Examples
    --------
    >>> import sys
    >>> from pathlib import Path
    >>> sys.modules["tensorboard"] = None  # as if it were not installed
    >>> TensorBoardLog(RunFolder(Path("run")))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    spikedim._core._errors.MissingExtraError: ... pip install 'spikedim[tensorboard]'
    >>> del sys.modules["tensorboard"]
    """

    def __init__(self, folder: RunFolder, *, after: int | None = None) -> None:
        purpose = "TensorBoardLog"
        require("tensorboard", extra="tensorboard", purpose=purpose)
        module = require("torch.utils.tensorboard", extra="tensorboard", purpose=purpose)
        purge = None if after is None else after + 1
        self._folder = folder
        with disk_errors(folder.path, caller=purpose):
            self._writer: Any = module.SummaryWriter(str(folder.tensorboard), purge_step=purge)

    def append(self, line: LogLine) -> None:
        """Add the numbers of a line to their curves.

        Parameters
        ----------
        line : LogLine
            Curves are named after its kind and fields, for example ``validation/accuracy``.
        """
        with disk_errors(self._folder.path, caller="append"):
            for name in _CURVES:
                value = getattr(line, name)
                if value is not None:
                    self._writer.add_scalar(f"{line.kind}/{name}", value, line.update)

    def close(self) -> None:
        """Bring all lines to the files."""
        with disk_errors(self._folder.path, caller="close"):
            self._writer.close()

    def __enter__(self) -> "TensorBoardLog":
        """Return the log itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the files."""
        self.close()
