"""The translator: pairs of texts, subwords, scores beside baselines."""
