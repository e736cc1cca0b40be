"""Tries the queries of docs/destinations.md on a file destination's output, with DuckDB in Athena's place.

Prints the result of each query, in order, as JSON: rows of strings.
"""

import json
import re
import sys

import duckdb

document, records = sys.argv[1:]
blocks = re.findall(r"^```sql\n(.*?)^```$", open(document, encoding="utf-8").read(), re.M | re.S)
table, *queries = blocks
types = re.search(r"\((.*)\)\npartitioned by", table, re.S)[1]
# Hive's names of types, as DuckDB has them.
types = re.sub(r"struct<", "struct(", types).replace("map<string, string>", "map(varchar, varchar)").replace(">", ")")
types = types.replace(":", "").replace("string", "varchar")

athena = duckdb.connect()
athena.execute("create macro from_unixtime(seconds) as make_timestamp(cast(seconds * 1000000 as bigint))")
athena.execute("create macro json_extract_scalar(text, path) as json_extract_string(text, path)")
athena.execute(f"create table auth_events ({types})")
athena.execute("insert into auth_events by name select event_type, event_timestamp, arrival_timestamp, event_version, event_id,"
               " application, client, device, attributes, client_context, cognito from read_json(?, format = 'newline_delimited',"
               f" columns = {{{', '.join(f'{n}: $${t}$$' for n, t in [(c[0], c[1]) for c in athena.execute('describe auth_events').fetchall()])}}})",
               [records])
# What was delivered twice is there once.
athena.execute("insert into auth_events select * from auth_events")
results = []
for query in queries:
    athena.execute(query)
    if not query.startswith("create"):
        results.append([[str(value) for value in row] for row in athena.fetchall()])
json.dump(results, sys.stdout)
