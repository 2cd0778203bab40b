"""What moves the weights: augmentation, losses, schedule, optimiser."""
