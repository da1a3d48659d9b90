#!/usr/bin/env python3
"""Make the shipped sample out of the two Pythia files wjet_01 and qcd250_01.

    make_sample.py FOLDER_OF_JET_FILES OUT.parquet

Needs numpy and pyarrow (made with 26.0.1). See README.md beside this script.
"""
import json
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

KEEP = ["label", "event", "jet_pt", "jet_eta", "jet_phi", "jet_m",
        "part_pt", "part_deta", "part_dphi", "part_m"]


def main(folder, out):
    tables, settings = [], {}
    for offset, process in enumerate(["wjet_01", "qcd250_01"]):
        table = pq.read_table(f"{folder}/{process}.parquet")
        settings[process] = json.loads(table.schema.metadata[b"settings"])
        table = table.select(KEEP)
        # Events of the two processes are counted apart: even and odd numbers.
        event = table["event"].to_numpy() * 2 + offset
        table = table.set_column(1, "event", pa.array(event, type=pa.int32()))
        tables.append(table)
    table = pa.concat_tables(tables)
    table = table.take(np.random.default_rng(0).permutation(table.num_rows))
    table = table.replace_schema_metadata({"settings": json.dumps(settings, sort_keys=True)})
    pq.write_table(table.combine_chunks(), out, row_group_size=5000, compression="zstd", compression_level=19,
                   use_dictionary=["label", "part_m.list.element"],
                   use_byte_stream_split=["part_pt.list.element", "part_deta.list.element",
                                          "part_dphi.list.element"])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(sys.argv[1], sys.argv[2])
