// A `ws` echo server with permessage-deflate. Prints its port; ends with its standard input and prints how many
// connections it had.
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: { threshold: 0 } });
let connections = 0;
server.on("connection", (socket) => {
  connections += 1;
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on("error", () => {});
});
server.on("listening", () => console.log(server.address().port));
process.stdin.resume().on("end", () => {
  console.log(connections);
  process.exit(0);
});
