import { useEffect, useErrorBoundary, useRef } from 'preact/hooks';
import { LocationProvider, Route, Router, useLocation } from 'preact-iso';
import { AssistantPage } from './assistant/assistant-page.tsx';
import { ChangesPage } from './changes/changes-page.tsx';
import { Nowhere } from './common/nowhere.tsx';
import { Place } from './common/place.tsx';
import { Failed } from './common/states.tsx';
import { DriftPage } from './drift/drift-page.tsx';
import { FleetPage } from './fleet/fleet-page.tsx';
import { ForecastPage } from './forecast/forecast-page.tsx';
import { RolloutPage } from './rollouts/rollout-page.tsx';
import { RolloutsPage } from './rollouts/rollouts-page.tsx';

const LINKS = [
  { title: 'Fleet', path: '/console/', below: '/console/assistants' },
  { title: 'Drift', path: '/console/drift', below: '/console/drift' },
  { title: 'Rollouts', path: '/console/rollouts', below: '/console/rollouts' },
  { title: 'Changes', path: '/console/changes', below: '/console/changes' },
  { title: 'Forecast', path: '/console/forecast', below: '/console/forecast' },
] as const;

/** The console: its pages, and the way from one to another. */
export function App() {
  return (
    <LocationProvider scope="/console">
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <div class="frame">
        <Navigation />
        <main id="main" tabIndex={-1}>
          <Pages />
        </main>
      </div>
    </LocationProvider>
  );
}

/** The page for the present address. When the page changes, a screen reader goes on at its beginning. */
function Pages() {
  const [error, reset] = useErrorBoundary();
  const { path } = useLocation();
  const failedAt = useRef<string | undefined>(undefined);
  useEffect(() => {
    // Another page may be well.
    if (error !== undefined && failedAt.current !== undefined && failedAt.current !== path) reset();
    failedAt.current = error === undefined ? undefined : path;
  }, [error, path]);
  if (error !== undefined) return <Failed what="the page" error={error} retry={reset} />;
  return (
    <Router onRouteChange={() => document.getElementById('main')?.focus()}>
      <Route path="/console" component={FleetPage} />
      <Route path="/console/assistants/:orgId/:role" component={AssistantPage} />
      <Route path="/console/drift" component={DriftPage} />
      <Route path="/console/drift/:runId" component={DriftPage} />
      <Route path="/console/rollouts" component={RolloutsPage} />
      <Route path="/console/rollouts/:rolloutId" component={RolloutPage} />
      <Route path="/console/changes" component={ChangesPage} />
      <Route path="/console/forecast" component={ForecastPage} />
      <Route default component={Nowhere} />
    </Router>
  );
}

function Navigation() {
  const { path } = useLocation();
  const here = LINKS.find((link) => path.startsWith(link.below)) ?? LINKS[0];
  return (
    <nav class="navigation" aria-label="Console">
      <p class="brand">
        vapi-sync <Place />
      </p>
      <ul>
        {LINKS.map((link) => (
          <li key={link.path}>
            <a href={link.path} aria-current={link === here ? 'page' : undefined}>
              {link.title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
