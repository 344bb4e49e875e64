import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's top folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

export interface Manifest {
  name: string;
  private?: boolean;
  description?: string;
  license?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

export interface Workspace {
  /** Name of the folder, such as `sip-message`. */
  folder: string;
  /** Absolute path. */
  path: string;
  manifest: Manifest;
}

/** The packages (or apps) of the workspace. */
export function workspaces(kind: 'packages' | 'apps'): Workspace[] {
  return readdirSync(join(root, kind), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const path = join(root, kind, name);
      return { folder: name, path, manifest: readManifest(join(path, 'package.json')) };
    });
}

function readManifest(path: string): Manifest {
  // our own files, checked by every tool that reads them
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

/** All files below `folder` that end in `.ts`, as absolute paths. */
export function typescriptFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}
