// `npm run package`: builds the extension and writes its packages under out/.
import { packageExtension } from './packaging/vsix.ts';

for (const { file, bytes } of await packageExtension()) console.log(`${file}  ${(bytes / 1e6).toFixed(2)} MB`);
