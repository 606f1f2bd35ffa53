"""Which steps and which channels made a prediction, for estimators and modules."""
