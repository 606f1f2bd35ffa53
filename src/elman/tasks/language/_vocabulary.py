"""What a text is made of: its tokens, their numbers, and back to text."""

from __future__ import annotations

import codecs
import json
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError

Ids = NDArray[np.int64]

UNKNOWN = "<unk>"
START = "\n"
"""What stands before a text: its first token is predicted from the start of a line."""

_WORD = re.compile(r" ?<\w+>| ?\w+(?:['’]\w+)*| ?[^\w\s]|\s")


class Vocabulary(ABC):
    """Tokens by number.

    Attributes
    ----------
    kind : str
        A name of `KINDS`.
    unknown : int or None
        The number that stands for what is not in it; None where nothing is not.
    """

    kind: ClassVar[str]
    unknown: int | None = None

    @property
    @abstractmethod
    def size(self) -> int:
        """How many numbers there are."""

    @abstractmethod
    def encode(self, text: str) -> Ids:
        """Return the numbers of a text's tokens."""

    @abstractmethod
    def stored(self) -> Any:
        """Return what ``restored`` makes it of again, plain."""

    @abstractmethod
    def decoder(self) -> Callable[[int], str]:
        """Return what turns one number after another into text.

        What a token says may wait for the next one, where a letter is made of several.
        """

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """Return the text that each token adds."""
        decode = self.decoder()
        return [decode(int(i)) for i in ids]

    def strangers(self, text: str) -> list[str]:
        """Return what of a text is not in it, each once, in the order of the text."""
        return []

    @property
    def start(self) -> int:
        """The number of `START`."""
        return int(self.encode(START)[-1])


class Characters(Vocabulary):
    """Every character of the training text.

    Parameters
    ----------
    characters : str
        Each once.
    """

    kind = "characters"
    unknown = 0

    def __init__(self, characters: str) -> None:
        self.characters = "".join(sorted({*characters, START}))
        self._points = _points(self.characters)

    @classmethod
    def of(cls, text: str, size: int | None, least: int) -> Characters:
        """Return those that are there at least so often, the commonest first."""
        points, counts = np.unique(_points(text), return_counts=True)
        order = np.lexsort((points, -counts))
        kept = points[order][counts[order] >= least][: size and size - 1]
        return cls("".join(map(chr, kept)))

    @property
    def size(self) -> int:
        """The characters, and one for all others."""
        return len(self.characters) + 1

    def encode(self, text: str) -> Ids:
        """Return the numbers of a text's characters."""
        points = _points(text)
        place = np.searchsorted(self._points, points).clip(max=len(self._points) - 1)
        return np.where(self._points[place] == points, place + 1, 0).astype(np.int64)

    def decoder(self) -> Callable[[int], str]:
        """Return what turns a number into its character."""
        return lambda i: self.characters[i - 1] if i else UNKNOWN

    def strangers(self, text: str) -> list[str]:
        """Return the characters that are not in it."""
        return [c for c in dict.fromkeys(text) if c not in self.characters]

    def stored(self) -> Any:
        """Return the characters."""
        return self.characters


class Bytes(Vocabulary):
    """The bytes of UTF-8: any text, 256 numbers."""

    kind = "bytes"
    size = 256

    def encode(self, text: str) -> Ids:
        """Return the bytes."""
        data = text.encode("utf-8", "replace")
        return np.frombuffer(data, np.uint8).astype(np.int64)

    def decoder(self) -> Callable[[int], str]:
        """Return what gives a letter with the last of its bytes."""
        reader = codecs.getincrementaldecoder("utf-8")("replace")
        return lambda i: reader.decode(bytes([i]))

    def stored(self) -> Any:
        """Return nothing."""
        return None


class Words(Vocabulary):
    """Words and signs, each with the space before it; line ends.

    Put together they are the text again, so that bits a character can be compared
    with those of other tokens.

    Parameters
    ----------
    words : list of str
        Without the one for all others.
    """

    kind = "words"
    unknown = 0

    def __init__(self, words: list[str]) -> None:
        self.words = [UNKNOWN, *words]
        self._number = {word: i for i, word in enumerate(self.words)}

    @classmethod
    def of(cls, text: str, size: int | None, least: int) -> Words:
        """Return those that are there at least so often, the commonest first."""
        counts = Counter(_WORD.findall(text))
        counts[UNKNOWN] = 0
        found = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        kept = [word for word, n in found if n >= least and word != START]
        return cls([START, *kept[: size and max(size - 2, 0)]])

    @property
    def size(self) -> int:
        """The words, and one for all others."""
        return len(self.words)

    def encode(self, text: str) -> Ids:
        """Return the numbers of a text's words."""
        number = self._number
        return np.array([number.get(w, 0) for w in _WORD.findall(text)], np.int64)

    def decoder(self) -> Callable[[int], str]:
        """Return what turns a number into its word."""
        return lambda i: self.words[i]

    def stored(self) -> Any:
        """Return the words."""
        return self.words[1:]


class Subwords(Vocabulary):
    """Pieces of words by byte pair encoding (Sennrich, Haddow and Birch 2016).

    They are made of bytes, so that nothing is unknown.

    Parameters
    ----------
    model : str
        As `tokenizers` writes it.
    """

    kind = "subwords"

    def __init__(self, model: str) -> None:
        self.tokenizer = _tokenizers().Tokenizer.from_str(model)
        self._decode = _tokenizers().decoders.ByteLevel().decode

    @classmethod
    def of(cls, text: str, size: int | None, least: int) -> Subwords:
        """Return the bytes, and pairs of pieces until there are so many."""
        library = _tokenizers()
        tokenizer = library.Tokenizer(library.models.BPE())
        tokenizer.pre_tokenizer = library.pre_tokenizers.ByteLevel(
            add_prefix_space=False
        )
        trainer = library.trainers.BpeTrainer(
            vocab_size=size or 2048,
            min_frequency=max(least, 2),
            show_progress=False,
            initial_alphabet=library.pre_tokenizers.ByteLevel.alphabet(),
        )
        tokenizer.train_from_iterator(text.splitlines(keepends=True), trainer)
        return cls(tokenizer.to_str())

    @property
    def size(self) -> int:
        """The pieces."""
        return int(self.tokenizer.get_vocab_size())

    def encode(self, text: str) -> Ids:
        """Return the numbers of a text's pieces."""
        lines = text.splitlines(keepends=True)
        parts = [np.array(e.ids, np.int64) for e in self.tokenizer.encode_batch(lines)]
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def decoder(self) -> Callable[[int], str]:
        """Return what gives a piece with the last byte of its last letter."""
        held: list[str] = []

        def decode(i: int) -> str:
            held.append(self.tokenizer.id_to_token(i))
            text: str = self._decode(held)
            if text.endswith("\ufffd") and len(held) < 4:
                return ""
            held.clear()
            return text

        return decode

    def stored(self) -> Any:
        """Return the library's own text."""
        return self.tokenizer.to_str()


KINDS: dict[str, Any] = {
    kind.kind: kind for kind in (Characters, Bytes, Words, Subwords)
}
"""Every kind of tokens by its name."""


def vocabulary_of(
    kind: str, text: str, size: int | None = None, least: int = 1
) -> Vocabulary:
    """Return the vocabulary of a training text.

    Parameters
    ----------
    kind : str
        A name of `KINDS`.
    text : str
    size : int or None
        At most so many numbers.
    least : int
        What is there less often is unknown.
    """
    made: Vocabulary = Bytes() if kind == "bytes" else KINDS[kind].of(text, size, least)
    return made


def to_bytes(vocabulary: Vocabulary) -> bytes:
    """Return a vocabulary as a run directory keeps it."""
    return json.dumps(vocabulary.stored(), ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )


def from_bytes(kind: str, content: bytes) -> Vocabulary:
    """Return the vocabulary that `to_bytes` was given."""
    found = json.loads(content.decode("utf-8", "surrogatepass"))
    made: Vocabulary = Bytes() if kind == "bytes" else KINDS[kind](found)
    return made


def _points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _tokenizers() -> Any:
    try:
        import tokenizers
    except ImportError:
        raise InputError(
            "tokens='subwords' needs the package tokenizers: pip install"
            " 'elman[text]', or take tokens='characters' or 'words'"
        ) from None
    return tokenizers
