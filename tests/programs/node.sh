# requires: node=nodejs
# exe: node
# timeout: 120
set -eu
node -e '
	const crypto = require("crypto"), zlib = require("zlib");
	const { Worker } = require("worker_threads");
	const list = Array.from({ length: 50000 }, (_, i) => ({ i, text: "item " + i * 7919 % 50000 }));
	const text = JSON.stringify(list.sort((a, b) => a.text < b.text ? -1 : 1));
	console.log(text.length, crypto.createHash("sha256").update(text).digest("hex"));
	console.log(zlib.gunzipSync(zlib.gzipSync(text)).toString() === text);
	console.log(text.replace(/item (\d)/g, "$1").length, Buffer.alloc(1 << 20, "ab").indexOf("ba"));
	const source = "require(\"worker_threads\").parentPort.postMessage([...Array(1e5).keys()].reduce((a, b) => a + b))";
	new Worker(source, { eval: true }).on("message", sum => console.log("worker", sum))
		.on("exit", code => console.log("exit", code));
'
