import { render } from 'preact';
import { App } from './app.tsx';
import './style/theme.css';
import './style/layout.css';
import './style/parts.css';
import './style/tables.css';

// From now on the cookie authorises the page: the token is removed from the address, so that copies of the address do
// not hold it.
const address = new URL(location.href);
if (address.searchParams.has('token')) {
  address.searchParams.delete('token');
  history.replaceState(null, '', address);
}

const root = document.getElementById('app');
if (root) render(<App />, root);
