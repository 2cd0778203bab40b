"""Run folders: record, checkpoints, log, lock."""

from spikedim.training.runs._training_run import RunStatus, TrainingRun

__all__ = ["RunStatus", "TrainingRun"]
