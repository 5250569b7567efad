/** @typedef {{ path: string, mode?: number, content?: Buffer | string }} Entry a folder when without content */

const folder = 0o040000;
const file = 0o100000;

/**
 * Packs files into an archive that Linux unpacks as its first root file system ("newc" cpio).
 * Folders must come before their contents.
 * @param {Entry[]} entries
 * @returns {Buffer}
 */
export function cpio(entries) {
  const parts = entries.map(({ path, mode, content }, index) => {
    const type = content === undefined ? folder : file;
    return record(index + 1, path, type | (mode ?? (type === folder ? 0o755 : 0o644)), Buffer.from(content ?? ""));
  });
  return Buffer.concat([...parts, record(0, "TRAILER!!!", 0, Buffer.alloc(0))]);
}

/**
 * @param {number} inode
 * @param {string} path
 * @param {number} mode
 * @param {Buffer} content
 */
function record(inode, path, mode, content) {
  const name = Buffer.from(`${path}\0`);
  const links = 1;
  const fields = [inode, mode, 0, 0, links, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), name])), padded(content)]);
}

/** @param {Buffer} bytes */
function padded(bytes) {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
