import { after, before } from 'node:test';
import { accessOfFiles } from './testing/tenant-file/access-of-files.ts';
import { closeFiles, openFiles } from './testing/tenant-file/files-rig.ts';
import { linesOfFiles } from './testing/tenant-file/lines-of-files.ts';
import { moreOfFiles } from './testing/tenant-file/more-of-files.ts';
import { peopleOfFiles } from './testing/tenant-file/people-of-files.ts';
import { stockOfFiles } from './testing/tenant-file/stock-of-files.ts';

// One database for all of them: to start one takes longer than all that they do.
before(() => openFiles(22096));
after(closeFiles);

peopleOfFiles();
linesOfFiles();
accessOfFiles();
stockOfFiles();
moreOfFiles();
