import { describe, expect, it } from 'vitest';
import { importsOf, MAX_IMPORTS, pathsOf } from '../../../../src/completion/context/imports.ts';

describe('imports', () => {
  it('reads the modules that a text names, in order and once', () => {
    const typescript = `import { a } from './a.ts';
import type {
  B,
} from '../b';
import './side.css';
const c = require('c');
const d = await import('./d.js');
export * from './a.ts';`;
    expect(importsOf(typescript)).toEqual(['./a.ts', '../b', './side.css', 'c', './d.js']);
    expect(importsOf('from .models import Book\nimport os.path\n')).toEqual(['.models', 'os.path']);
    expect(importsOf('use crate::parser::Node;\nmod lexer;\n')).toEqual(['crate::parser::Node', 'lexer']);
    expect(importsOf('#include "list.h"\n#include <stdio.h>\n')).toEqual(['list.h']);
  });

  it('takes a bounded number of them, and no time on a file that is one line', () => {
    const many = Array.from({ length: 200 }, (_, index) => `import './m${index}';`).join('\n');
    expect(importsOf(many)).toHaveLength(MAX_IMPORTS);
    expect(importsOf('import '.repeat(100_000))).toEqual([]);
  });

  it('knows where relative modules may be', () => {
    expect(pathsOf('./a.ts', 'src/room/b.ts')[0]).toBe('src/room/a.ts');
    expect(pathsOf('./a.js', 'src/room/b.ts')).toContain('src/room/a.ts');
    expect(pathsOf('../util', 'src/room/b.ts')).toEqual(
      expect.arrayContaining(['src/util.ts', 'src/util.tsx', 'src/util/index.ts']),
    );
    expect(pathsOf('list.h', 'src/main.c')).toEqual(['src/list.h', 'list.h']);
  });

  it('knows packages of Python and modules of Rust', () => {
    expect(pathsOf('.models', 'shop/cart.py')).toEqual(['shop/models.py', 'shop/models/__init__.py']);
    expect(pathsOf('..base', 'shop/web/cart.py')[0]).toBe('shop/base.py');
    expect(pathsOf('shop.models', 'tests/cart.py')).toEqual(
      expect.arrayContaining(['shop/models.py', 'src/shop/models.py']),
    );
    expect(pathsOf('crate::parser::Node', 'src/lexer/mod.rs')).toContain('src/parser.rs');
  });

  it('does not guess where a package is', () => {
    expect(pathsOf('react', 'src/app.tsx')).toEqual([]);
    expect(pathsOf('node:fs', 'src/app.ts')).toEqual([]);
  });
});
