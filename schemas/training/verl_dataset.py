"""The dataset class that an export for verl brings along; it is text here, because verl is installed elsewhere."""

DATASET_FILE = "winnow_verl.py"
"""Its file name: `data.custom_cls.path=FOLDER/winnow_verl.py data.custom_cls.name=WinnowDataset`."""

DATASET_SOURCE = '''\
"""Read a Winnow export in verl's SFT trainer: data.custom_cls.path=THIS_FILE data.custom_cls.name=WinnowDataset."""

import json

from verl.utils.dataset.multiturn_sft_dataset import MultiTurnSFTDataset


class WinnowDataset(MultiTurnSFTDataset):
    """verl's own dataset, with arguments and tool schemas parsed from strings, and a loss mask per message."""

    def _read_files_and_process(self):
        super()._read_files_and_process()
        if self.tools is not None:
            self.tools = [json.loads(tools) if isinstance(tools, str) else None for tools in self.tools]

    def _build_messages(self, example):
        return [_filled(message) for message in super()._build_messages(example)]

    def _process_single_message(self, index, message, *args, **kwargs):
        is_trained = message.get("train", True)
        message = {name: value for name, value in message.items() if name != "train"}
        ids, loss_mask, *others = super()._process_single_message(index, message, *args, **kwargs)
        return ids, loss_mask * int(is_trained), *others


def _filled(message):
    """Leave out what Parquet filled with nulls, and parse the arguments."""
    filled = {name: value for name, value in message.items() if value is not None}
    for call in filled.get("tool_calls", ()):
        call["function"]["arguments"] = _parsed(call["function"]["arguments"])
    return filled


def _parsed(arguments):
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments
'''

TOKENS_FILE = "winnow_verl_tokens.py"
"""For token rows: `data.custom_cls.path=FOLDER/winnow_verl_tokens.py data.custom_cls.name=WinnowTokens`."""

TOKENS_SOURCE = '''\
"""Read token rows of Winnow in verl's SFT trainer: data.custom_cls.path=THIS_FILE data.custom_cls.name=WinnowTokens."""

import pyarrow.dataset as ds
import torch
import torch.nn.functional as F
from torch.utils.data import Dataset


class WinnowTokens(Dataset):
    """Ids and labels as they are; padding and truncation as the configuration says."""

    def __init__(self, parquet_files, tokenizer, config, processor=None, max_samples=-1):
        files = [parquet_files] if isinstance(parquet_files, str) else list(parquet_files)
        rows = ds.dataset(files).to_table(columns=["input_ids", "labels"])
        self.rows = rows if max_samples < 0 else rows.slice(0, max_samples)
        self.pad_id = tokenizer.pad_token_id or 0
        self.max_length = config.get("max_length", 1024)
        self.is_padded = config.get("pad_mode", "right") == "right"
        self.truncation = config.get("truncation", "error")

    def __len__(self):
        return self.rows.num_rows

    def __getitem__(self, index):
        ids = torch.tensor(self.rows["input_ids"][index].as_py())
        mask = (torch.tensor(self.rows["labels"][index].as_py()) != -100).long()
        length = len(ids)
        if length > self.max_length:
            if self.truncation == "error":
                raise ValueError(f"row {index} has {length} tokens, max_length is {self.max_length}")
            kept = slice(-self.max_length, None) if self.truncation == "left" else slice(self.max_length)
            ids, mask = ids[kept], mask[kept]
        item = {"input_ids": ids, "loss_mask": mask, "position_ids": torch.arange(len(ids))}
        if not self.is_padded:
            return item
        room = self.max_length - len(ids)
        padded = {name: F.pad(values, (0, room)) for name, values in item.items()}
        padded["input_ids"] = F.pad(ids, (0, room), value=self.pad_id)
        return padded | {"attention_mask": F.pad(torch.ones_like(ids), (0, room))}
'''
