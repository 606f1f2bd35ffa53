"""Tell nine speakers apart by how they say one vowel.

python examples/classify_vowels.py JapaneseVowels_TRAIN.ts JapaneseVowels_TEST.ts

The files come with aeon and sktime, and from timeseriesclassification.com.
"""

import sys

import elman
from elman.data import read_sequences

if len(sys.argv) != 3:
    sys.exit(__doc__)
train, test = (read_sequences(path) for path in sys.argv[1:])

model = elman.SequenceClassifier(progress=True).fit(train.X, train.y)
scores = model.evaluate(test.X, test.y)

diagnosis = model.results_["diagnosis"]["before"]
print(f"gradients: {diagnosis['verdict']}, they reach {diagnosis['horizon']:.0f} steps")
for row in scores["rows"]:
    print(f"{row['model']:22} {row['values']['accuracy']:.3f}")
print(scores["verdict"])

model.save("runs/vowels")
print(elman.load("runs/vowels").predict(test.X[:5]))
