"""Where a sequence estimator starts: linear models on fixed features, averaged."""
