// SPDX-License-Identifier: Apache-2.0
// DuckDB's answer to the bench's question, as CSV: node bench_flowlog_duckdb.js MODULE THREADS LIMIT LOG COLUMN:TYPE...
// All columns and types are given, so that nothing is guessed; only those that the question needs are converted.
"use strict";

const [, , module_path, threads, limit, log, ...columns] = process.argv;
const { DuckDBInstance } = require(module_path);

const types = columns.map((column) => column.split(":")).map(([name, type]) => `'${name}': '${type}'`);
const question = `
    SELECT srcaddr, dstaddr, dstport, count(*) AS records
    FROM read_csv('${log.replaceAll("'", "''")}', delim = ' ', header = true, auto_detect = false, quote = '', escape = '',
                  nullstr = '-', new_line = '\\n', columns = {${types.join(", ")}})
    GROUP BY srcaddr, dstaddr, dstport ORDER BY records DESC LIMIT ${limit}`;

(async () => {
    const database = await DuckDBInstance.create(":memory:", { threads, preserve_insertion_order: "false" });
    const connection = await database.connect();
    const answer = await connection.stream(question);
    for (let chunk = await answer.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await answer.fetchChunk()) {
        const lines = chunk.getRows().map((row) => row.map((value) => (value === null ? "-" : String(value))).join(","));
        process.stdout.write(lines.join("\n") + "\n");
    }
})();
