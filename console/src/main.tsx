import { render } from 'preact';
import { App } from './app.tsx';
import './style/theme.css';
import './style/layout.css';
import './style/parts.css';
import './style/tables.css';

// From now on the cookie says who this is: the token stands no longer in the address, and in nothing that is copied
// from there.
const address = new URL(location.href);
if (address.searchParams.has('token')) {
  address.searchParams.delete('token');
  history.replaceState(null, '', address);
}

const root = document.getElementById('app');
if (root) render(<App />, root);
