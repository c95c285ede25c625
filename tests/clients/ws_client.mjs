// Node.js `ws` through the proxy: text, binary, compression, ping and close. Prints `ok`.
import WebSocket from "ws";

const url = process.argv[2];

function opened(options) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, options);
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
  });
}

function answer(socket, message) {
  return new Promise((resolve, reject) => {
    socket.once("message", (data, isBinary) => resolve(isBinary ? data : data.toString()));
    socket.once("error", reject);
    socket.send(message);
  });
}

for (const perMessageDeflate of [false, true]) {
  const socket = await opened({ perMessageDeflate });
  if ((await answer(socket, "hello")) !== "hello") throw new Error("text");
  const bytes = Buffer.alloc(300_000, "abcdefg");
  if (!(await answer(socket, bytes)).equals(bytes)) throw new Error("binary");
  await new Promise((resolve) => {
    socket.once("pong", resolve);
    socket.ping("beat");
  });
  const code = await new Promise((resolve) => {
    socket.once("close", resolve);
    socket.close(4000, "done");
  });
  if (code !== 4000) throw new Error(`close ${code}`);
}
console.log("ok");
