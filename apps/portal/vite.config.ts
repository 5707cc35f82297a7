import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const contract = fileURLToPath(new URL('../../packages/contract/src/index.ts', import.meta.url));

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@tandem/contract': contract }, dedupe: ['zod'] },
  build: {
    target: 'es2024',
    assetsInlineLimit: 0, // the content security policy allows files only
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'fluent', test: /node_modules[\\/](@fluentui|@griffel|tabster|keyborg|@floating-ui)/ },
            {
              name: 'react',
              test: /node_modules[\\/](react|react-dom|react-router|scheduler|@tanstack|zod)[\\/]/,
            },
          ],
        },
      },
    },
  },
  // `npx vite` against a running Tandem: the page comes from here, the API from there.
  server: { proxy: { '/api': { target: process.env.TANDEM_API ?? 'http://127.0.0.1:8080' } } },
});
