// socket.io through the proxy with one transport, or upgrading from the first to the second. Prints `ok`.
//   node socket_io_client.mjs URL polling|websocket|polling,websocket
import { io } from "socket.io-client";

const [url, list] = process.argv.slice(2);
const transports = list.split(",");
const last = transports[transports.length - 1];
const socket = io(url, { transports, reconnection: false });

await new Promise((resolve, reject) => {
  socket.once("connect", resolve);
  socket.once("connect_error", reject);
});
if (transports.length > 1 && socket.io.engine.transport.name !== last) {
  await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
}
for (let number = 0; number < 50; number += 1) {
  const value = { number, text: "x".repeat(number * 100) };
  const answer = await socket.timeout(10_000).emitWithAck("echo", value);
  if (JSON.stringify(answer.value) !== JSON.stringify(value)) throw new Error("echo");
  if (answer.transport !== last) throw new Error(`over ${answer.transport}`);
}
socket.disconnect();
console.log("ok");
