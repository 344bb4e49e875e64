import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { withReadme } from '../src/pages.mjs';

const site = fileURLToPath(new URL('../.site', import.meta.url));
const apiSidebar = `${site}/api/typedoc-sidebar.json`;

const page = (text, link) => ({ text, link });

export default defineConfig({
  title: 'Strowger',
  description: 'SIP and RTP for Node.js in TypeScript',
  srcDir: '.site',
  cleanUrls: true,
  lastUpdated: false,
  // the class of a page that has tables of its own kind, for the style sheet
  transformPageData: ({ relativePath, frontmatter }) => {
    frontmatter.pageClass = relativePath.replace(/\.md$/, '');
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      page('Guide', '/guide/five-minutes'),
      page('Examples', '/examples'),
      page('API', '/api/'),
      page('Conformance', '/conformance'),
    ],
    sidebar: {
      '/api/': existsSync(apiSidebar) ? JSON.parse(readFileSync(apiSidebar, 'utf8')) : [],
      '/': [
        {
          text: 'Guide',
          items: [
            page('The fifteen-line phone', '/guide/first-call'),
            page('A PBX in five minutes', '/guide/five-minutes'),
            page('A program that answers', '/guide/voice-program'),
            page('A voice agent', '/guide/voice-agent'),
            page('A telephone in a web page', '/guide/web-phone'),
            page('Recording', '/guide/recording'),
            page('Conferences', '/guide/conferences'),
            page('A layer of your own', '/guide/your-own-layer'),
            page('Testing your call flows', '/guide/testing'),
            page('Coming from others', '/guide/coming-from'),
            page('Examples', '/examples'),
          ],
        },
        {
          text: 'Packages',
          items: withReadme('packages').map((name) => page(name, `/packages/${name}`)),
        },
        { text: 'Apps', items: withReadme('apps').map((name) => page(name, `/apps/${name}`)) },
        {
          text: 'How it works',
          items: [
            page('Architecture', '/architecture'),
            page('Call flows', '/call-flows'),
            page('State machines', '/state-machines'),
            page('Conformance', '/conformance'),
            page('Interoperability', '/interoperability'),
            page('What is built of the plan', '/seed-map'),
            page('Planted defects', '/mutants'),
            page('A million simulated calls', '/simulated-calls'),
            page('An hour of media', '/media-soak'),
            page('Speed', '/speed'),
            page('Decisions', '/decisions/'),
            page('Security', '/security'),
            page('Contributing', '/contributing'),
          ],
        },
      ],
    },
  },
});
