"""Run folders: record, checkpoints, log, lock."""

from spikedim.training.runs._checkpoint import Checkpoint
from spikedim.training.runs._lock_run import lock_run
from spikedim.training.runs._log_line import LogKind, LogLine
from spikedim.training.runs._optimiser_tensors import optimiser_tensors, restore_optimiser
from spikedim.training.runs._replace_file import disk_errors
from spikedim.training.runs._run_folder import RunFolder
from spikedim.training.runs._tensorboard_log import TensorBoardLog
from spikedim.training.runs._training_log import TrainingLog, read_log
from spikedim.training.runs._training_run import RunStatus, TrainingRun
from spikedim.training.runs._write_checkpoint import read_checkpoint, write_checkpoint

__all__ = [
    "Checkpoint",
    "LogKind",
    "LogLine",
    "RunFolder",
    "RunStatus",
    "TensorBoardLog",
    "TrainingLog",
    "TrainingRun",
    "disk_errors",
    "lock_run",
    "optimiser_tensors",
    "read_checkpoint",
    "read_log",
    "restore_optimiser",
    "write_checkpoint",
]
