"""Pictures of the data, the predictions and the training."""
