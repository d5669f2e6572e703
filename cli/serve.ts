import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import sirv from 'sirv';
import { UserError } from '../tools/errors.ts';

/**
 * Serves a folder of static files to this machine only.
 * @param port 1–65535, or 0 for any free one
 * @throws UserError when the port is taken
 */
export async function serve(folder: string, port: number): Promise<{ server: Server; url: string }> {
  const files = sirv(folder, { etag: true });
  const notFound = await readFile(`${folder}/404.html`);
  const server = createServer((request, response) => {
    files(request, response, () => {
      response.writeHead(404, { 'content-type': 'text/html; charset=utf-8' }).end(notFound);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'EADDRINUSE'
          ? new UserError(
              `Port ${port} is taken by another program (perhaps an ./onko start in another terminal).`,
              `Choose another: ./onko start --port ${port + 1}`,
            )
          : cause,
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return { server, url: `http://localhost:${actual}/` };
}
