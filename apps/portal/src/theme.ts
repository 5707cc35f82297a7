import {
  type BrandVariants,
  createDarkTheme,
  createLightTheme,
  type Theme,
} from '@fluentui/react-components';
import { useEffect, useState } from 'react';

const teal: BrandVariants = {
  10: '#020405',
  20: '#0c1b1e',
  30: '#0d2d32',
  40: '#0d3b42',
  50: '#0c4a53',
  60: '#0a5964',
  70: '#0b6a75',
  80: '#0b6f7b',
  90: '#26838f',
  100: '#44959f',
  110: '#5da8b1',
  120: '#76b7bf',
  130: '#8fc6cc',
  140: '#a8d5da',
  150: '#c2e4e8',
  160: '#dcf3f5',
};

const light: Theme = createLightTheme(teal);
const dark: Theme = {
  ...createDarkTheme(teal),
  colorBrandForeground1: teal[120],
  colorBrandForeground2: teal[140],
  colorBrandForegroundLink: teal[130],
};

export type Scheme = 'system' | 'light' | 'dark';
const storageKey = 'tandem-scheme';
const wantsDark = window.matchMedia('(prefers-color-scheme: dark)');

function stored(): Scheme {
  try {
    const kept = localStorage.getItem(storageKey);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  } catch {
    return 'system'; // storage may be denied inside another page's frame
  }
}

export function useTheme() {
  const [scheme, setScheme] = useState<Scheme>(stored);
  const [systemDark, setSystemDark] = useState(wantsDark.matches);
  useEffect(() => {
    const changed = (event: MediaQueryListEvent): void => setSystemDark(event.matches);
    wantsDark.addEventListener('change', changed);
    return () => wantsDark.removeEventListener('change', changed);
  }, []);
  const isDark = scheme === 'dark' || (scheme === 'system' && systemDark);
  useEffect(() => {
    document.documentElement.style.colorScheme = isDark ? 'dark' : 'light';
  }, [isDark]);
  return {
    theme: isDark ? dark : light,
    isDark,
    choose(next: Scheme) {
      setScheme(next);
      try {
        localStorage.setItem(storageKey, next);
      } catch {
        // Kept for this page only.
      }
    },
  };
}
