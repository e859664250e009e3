// PouchDB and its own server, in two processes, with rows of twelve fields: a delta, an upload, nothing to do.
// node pouch.js ROWS DELTA EDITS, in a folder where pouchdb, express-pouchdb and express are installed.
const { fork } = require("child_process"), fs = require("fs"), os = require("os"), path = require("path");
const from = require("module").createRequire(path.join(process.cwd(), "package.json"));
const PouchDB = from("pouchdb");

if (process.argv[2] === "serve") {
  const [, , , folder, port] = process.argv;
  const Stored = PouchDB.defaults({ prefix: folder + "/" });
  const options = { mode: "minimumForPouchDB", logPath: folder + "/log.txt", configPath: folder + "/config.json" };
  from("express")().use("/", from("express-pouchdb")(Stored, options))
    .listen(+port, "127.0.0.1", () => process.send("up"));
} else {
  measure(...process.argv.slice(2).map(Number)).catch((problem) => { console.error(problem); process.exit(1); });
}

function row(n, turn) {
  const fields = { _id: String(n).padStart(12, "0"), name: `Company ${n}`, phone: `+3361${n}${turn}` };
  for (let at = 0; at < 9; at++) fields["field" + at] = `value ${at} of ${n} in about forty letters`;
  return fields;
}

async function change(db, from_, count, turn) {
  for (let at = from_; at < from_ + count; at += 1000) {
    const made = Array.from({ length: Math.min(1000, from_ + count - at) }, (_, n) => row(at + n, turn));
    const known = await db.allDocs({ keys: made.map((one) => one._id) });
    known.rows.forEach((one, n) => { if (one.value) made[n]._rev = one.value.rev; });
    await db.bulkDocs(made);
  }
}

async function measure(rows, delta, edits) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "peer-")), port = 20000 + (process.pid % 20000);
  const server = fork(__filename, ["serve", folder, port]);
  await new Promise((up) => server.once("message", up));
  const there = new PouchDB(`http://127.0.0.1:${port}/rows`), here = new PouchDB(folder + "/laptop");
  const options = { batch_size: 1000, batches_limit: 10 };
  const timed = async (work) => {
    const began = process.hrtime.bigint();
    await work();
    return Number(process.hrtime.bigint() - began) / 1e9;
  };
  await change(there, 0, rows, 0);
  const found = { first: await timed(() => here.replicate.from(there, options)) };
  const idle = [];
  for (let run = 0; run < 11; run++) idle.push(await timed(() => here.replicate.from(there, options)));
  found.idle = idle.sort((a, b) => a - b)[5];
  await change(there, 0, delta, 1);
  found.delta = await timed(() => here.replicate.from(there, options));
  await change(here, 0, edits, 2);
  found.edits = await timed(() => here.replicate.to(there, options));
  console.log(JSON.stringify(found));
  await here.close();
  server.kill();
  await new Promise((gone) => server.once("exit", gone));
  fs.rmSync(folder, { recursive: true, force: true });
}
