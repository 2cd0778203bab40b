"""Run folders: record, checkpoints, log, lock."""
