"""The network of a translator as a plain torch program has it, with the same weights.

It has the names of `elman.models.translation.TranslationNetwork`, so that a state_dict
of one loads into the other, and computes the same.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn.functional import cross_entropy, embedding, linear
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Plain(nn.Module):
    """Encoder in both directions, attention, decoder in two parts.

    Parameters
    ----------
    kind : type
        ``nn.GRU`` or ``nn.LSTM``.
    vocabulary, size : int
        Tokens of both sides, and the width of everything.
    feeding : bool
        Whether what was read out is an input of the next step.
    """

    def __init__(self, kind, vocabulary, size, *, feeding):
        super().__init__()
        self.size, self.feeding = size, feeding
        self.target = nn.Embedding(vocabulary, size)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        stack = kind(size, size, batch_first=True, bidirectional=True)
        self.encoder = nn.ModuleDict({"stack": stack})
        self.lstm = kind is nn.LSTM

        def start():
            states = 2 if self.lstm else 1
            return nn.ModuleDict({"map": nn.Linear(2 * size, states * size)})

        attention = {
            "query": nn.Linear(size, size, bias=False),
            "key": nn.Linear(2 * size, size, bias=False),
        }
        parts = {
            "first": kind(size * (2 if feeding else 1), size, batch_first=True),
            "attention": nn.ModuleDict(attention),
            "second": kind(3 * size, size, batch_first=True),
            "readout": nn.Linear(4 * size, size),
            "start_first": start(),
            "start_second": start(),
        }
        self.decoder = nn.ModuleDict(parts)

    def embed(self, tokens):
        return embedding(tokens, self.target.weight) * math.sqrt(self.size)

    def start(self, layer, mean):
        states = torch.tanh(layer["map"](mean)).split(self.size, -1)
        states = tuple(s.unsqueeze(0).contiguous() for s in states)
        return states if self.lstm else states[0]

    def encode(self, source, lengths):
        x = pack_padded_sequence(
            self.embed(source), lengths, batch_first=True, enforce_sorted=False
        )
        steps, _ = pad_packed_sequence(
            self.encoder["stack"](x)[0], batch_first=True, total_length=source.shape[1]
        )
        mask = torch.arange(source.shape[1]) < lengths[:, None]
        mean = steps.sum(1) / lengths[:, None]
        parts = self.decoder
        state = (
            self.start(parts["start_first"], mean),
            self.start(parts["start_second"], mean),
            mean.new_zeros(len(source), 1, self.size),
        )
        return (steps, parts["attention"]["key"](steps), mask[:, None]), state

    def decode(self, tokens, state, memory):
        x = self.embed(tokens)
        if not self.feeding:
            return self.some(x, x, state, memory)
        read = []
        for step in x.split(1, 1):
            o, state = self.some(step, torch.cat([step, state[2]], -1), state, memory)
            state = (*state[:2], o)
            read.append(o)
        return torch.cat(read, 1), state

    def some(self, x, fed, state, memory):
        values, keys, mask = memory
        parts = self.decoder
        q, first = parts["first"](fed, state[0])
        scores = parts["attention"]["query"](q) @ keys.transpose(1, 2)
        scores = scores / math.sqrt(self.size)
        context = scores.masked_fill(~mask, -torch.inf).softmax(-1) @ values
        h, second = parts["second"](torch.cat([q, context], -1), state[1])
        o = torch.tanh(parts["readout"](torch.cat([h, context, x], -1)))
        return o, (first, second, state[2])

    def scores(self, o):
        return linear(o, self.target.weight, self.bias)

    def loss(self, source, lengths, target, answer, smoothing):
        memory, state = self.encode(source, lengths)
        scores = self.scores(self.decode(target, state, memory)[0])
        return cross_entropy(
            scores.flatten(0, 1),
            answer.flatten(),
            ignore_index=0,
            label_smoothing=smoothing,
        )

    @torch.no_grad()
    def greedy(self, source, lengths, steps):
        memory, state = self.encode(source, lengths)
        last, written = torch.ones(len(source), 1, dtype=torch.int64), []
        for _ in range(steps):
            o, state = self.decode(last, state, memory)
            scores = self.scores(o[:, -1])
            scores[:, :2] = -torch.inf
            last = scores.argmax(-1, keepdim=True)
            written.append(last)
        return torch.cat(written, 1)

    @torch.no_grad()
    def beam(self, source, lengths, steps, beam):
        """Keep so many of each sentence; its memory is copied to each of them."""
        memory, state = self.encode(source, lengths)
        count = len(source)
        copies = torch.arange(count).repeat_interleave(beam)
        memory = tuple(x[copies] for x in memory)
        state = self.rows(state, copies)
        last = torch.ones(count * beam, 1, dtype=torch.int64)
        total = torch.full((count, beam), -torch.inf)
        total[:, 0] = 0
        written = torch.zeros(count * beam, 0, dtype=torch.int64)
        for _ in range(steps):
            o, state = self.decode(last, state, memory)
            chances = self.scores(o[:, -1]).log_softmax(-1)
            chances[:, :2] = -torch.inf
            size = chances.shape[1]
            every = total[..., None] + chances.view(count, beam, size)
            total, at = every.view(count, -1).topk(beam)
            rows = (torch.arange(count)[:, None] * beam + at // size).flatten()
            last = (at % size).view(-1, 1)
            state = self.rows(state, rows)
            written = torch.cat([written[rows], last], 1)
        return written.view(count, beam, -1)[:, 0]

    def rows(self, state, index):
        def pick(states):
            if isinstance(states, tuple):
                return tuple(s[:, index] for s in states)
            return states[:, index]

        return pick(state[0]), pick(state[1]), state[2][index]
