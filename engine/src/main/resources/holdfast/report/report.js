
(function () {
  'use strict';
  const all = function (selector, from) { return Array.prototype.slice.call((from || document).querySelectorAll(selector)); };
  const byId = function (id) { return document.getElementById(id); };
  const form = byId('filter');
  const boxes = all('input[type=checkbox]', form);

  // ---------------------------------------------------------------- the reader's own time
  all('time').forEach(function (time) {
    const at = new Date(time.getAttribute('datetime'));
    if (isNaN(at) || at.getTimezoneOffset() === 0) { return; }
    time.insertAdjacentText('afterend', ' (' + at.toLocaleString([], { dateStyle: 'full', timeStyle: 'short' }) + ' here)');
  });

  // ---------------------------------------------------------------- what the page is made of
  // A case is what a cell of the heat map leads to: a finding of one or more nodes, or a node that did not answer.
  const cases = all('.case').map(function (element) {
    const article = element.closest('.check');
    const group = element.closest('.group');
    return {
      element: element, article: article, group: group, nodes: [],
      status: (group || element).getAttribute('data-status'),
      severity: group ? group.getAttribute('data-severity') : '',
      area: article ? article.getAttribute('data-area') : '',
      text: '', shown: true
    };
  });
  const numbers = new Map();
  cases.forEach(function (one, at) { numbers.set('#' + one.element.id, at); });
  // Where a cell is no link, what came out is the first case of its check that came out so.
  const quiet = new Map();
  cases.forEach(function (one, at) {
    const key = one.article === null ? '' : '#' + one.article.id + one.status;
    if (!quiet.has(key)) { quiet.set(key, at); }
  });
  const articles = all('.check');
  const groups = all('.group');
  const grid = document.querySelector('table.grid');
  const flipped = grid !== null && grid.getAttribute('data-nodes') === 'columns';
  let map = null;

  const columnLinks = grid === null || flipped ? [] : all('thead .checks th.axis', grid).map(function (head) {
    const link = head.querySelector('a');
    return link === null ? '' : link.getAttribute('href');
  });
  function numberOf(cell, x) {
    const link = cell.firstElementChild;
    return link === null ? quiet.get(columnLinks[x - 1] + cell.textContent.trim()) : numbers.get(link.getAttribute('href'));
  }

  // Read when it is first needed: of a large fleet it is a hundred thousand cells.
  function read() {
    if (map !== null) { return; }
    map = { rows: [], columns: [], cells: [], nodes: [] };
    if (grid !== null) {
      const heads = flipped ? all('thead th.axis', grid) : all('thead .checks th.axis', grid);
      map.columns = heads.map(function (head, at) { return { head: head, at: at, shown: true }; });
      map.rows = all('tbody tr:not(.area)', grid).map(function (row) { return { row: row, shown: true }; });
      map.nodes = (flipped ? heads : map.rows.map(function (each) { return each.row.cells[0]; })).map(function (head) {
        return head.textContent.toLowerCase();
      });
      map.rows.forEach(function (each, y) {
        const line = [];
        for (let x = 1; x < each.row.cells.length; x++) {
          const cell = each.row.cells[x];
          const number = numberOf(cell, x);
          line.push({ link: cell.firstElementChild || cell, number: number === undefined ? -1 : number, dim: false });
          if (number !== undefined) { cases[number].nodes.push(flipped ? x - 1 : y); }
        }
        map.cells.push(line);
      });
    }
    cases.forEach(function (one) {
      const heading = one.article === null ? '' : one.article.querySelector('h3').textContent + ' ' + one.article.querySelector('code').textContent;
      const message = one.group === null ? '' : one.group.querySelector('.message').textContent
        + ' ' + all('.waiver', one.group).map(function (waiver) { return waiver.textContent; }).join(' ');
      one.where = one.element.querySelector('.where').textContent.toLowerCase();
      one.text = (heading + ' ' + message + ' ' + one.element.textContent).toLowerCase();
    });
  }

  // ---------------------------------------------------------------- the filter
  function chosen(name) {
    return boxes.filter(function (box) { return box.name === name && box.checked; }).map(function (box) { return box.value; });
  }
  function every(name) {
    return boxes.every(function (box) { return box.name !== name || box.checked; });
  }
  function state() {
    const parts = new URLSearchParams();
    if (byId('q').value) { parts.set('q', byId('q').value); }
    if (byId('node').value) { parts.set('node', byId('node').value); }
    if (byId('area').value) { parts.set('area', byId('area').value); }
    ['status', 'severity'].forEach(function (name) {
      if (!every(name)) { parts.set(name, chosen(name).join(',')); }
    });
    return parts.toString();
  }
  function show(element, shown) {
    if (element.hidden === shown) { element.hidden = !shown; }
  }
  function plural(number, word) {
    return number.toLocaleString('en') + ' ' + word + (number === 1 ? '' : 's');
  }

  function apply() {
    read();
    const words = byId('q').value.toLowerCase().split(/\s+/).filter(Boolean);
    const node = byId('node').value.trim().toLowerCase();
    const area = byId('area').value;
    const statuses = new Set(chosen('status'));
    const severities = new Set(chosen('severity'));
    const anySeverity = every('severity');
    const nodeFits = map.nodes.map(function (name) { return name.indexOf(node) !== -1; });
    let shown = 0;
    cases.forEach(function (one) {
      one.shown = statuses.has(one.status)
        && (anySeverity || severities.has(one.severity))
        && (area === '' || one.area === '' || one.area === area)
        && (node === '' || one.where.indexOf(node) !== -1 || one.nodes.some(function (at) { return nodeFits[at]; }))
        && words.every(function (word) {
          return one.text.indexOf(word) !== -1 || one.nodes.some(function (at) { return map.nodes[at].indexOf(word) !== -1; });
        });
      show(one.element, one.shown);
      shown += one.shown ? 1 : 0;
    });
    const some = new Set();
    cases.forEach(function (one) {
      if (one.shown) { some.add(one.article); some.add(one.group); }
    });
    groups.forEach(function (group) { show(group, some.has(group)); });
    all('.fold.more, .fold.quiet').forEach(function (fold) {
      show(fold, fold.querySelector('.case:not([hidden])') !== null);
    });
    articles.forEach(function (article) { show(article, some.has(article)); });
    const silent = byId('silent');
    if (silent !== null) { show(silent, silent.querySelector('.case:not([hidden])') !== null); }
    show(byId('none'), shown === 0);
    const nodes = heat(nodeFits, area !== '' || words.length > 0 || !anySeverity);
    byId('count').textContent = shown === cases.length && nodes === map.nodes.length
      ? plural(cases.length, 'finding') + ', ' + plural(nodes, 'node')
      : shown.toLocaleString('en') + ' of ' + plural(cases.length, 'finding') + ', '
        + nodes.toLocaleString('en') + ' of ' + plural(map.nodes.length, 'node');
  }

  // Rows and columns in which nothing fits are left out, other cells are pale; answers how many nodes are left.
  function heat(nodeFits, narrow) {
    if (grid === null) { return 0; }
    const rows = map.rows.map(function () { return false; });
    const columns = map.columns.map(function () { return false; });
    const asked = new Set();
    map.cells.forEach(function (line, y) {
      line.forEach(function (cell, x) {
        if (cell.number < 0) { return; }
        const one = cases[cell.number];
        const fits = one.shown && nodeFits[flipped ? x : y];
        if (fits) {
          rows[y] = true;
          columns[x] = true;
          if (one.article !== null) { asked.add(flipped ? y : x); }
        }
        if (cell.dim === fits) {
          cell.dim = !fits;
          cell.link.classList.toggle('dim', cell.dim);
        }
      });
    });
    // A node that did not answer tells nothing of a check: that alone keeps no check in sight.
    if (narrow) {
      (flipped ? rows : columns).forEach(function (kept, at, list) { list[at] = kept && asked.has(at); });
    }
    map.columns.forEach(function (column) {
      if (column.shown === columns[column.at]) { return; }
      column.shown = columns[column.at];
      all('thead tr', grid).forEach(function (row) {
        if (!row.classList.contains('areas')) { show(row.cells[column.at + 1], column.shown); }
      });
      map.rows.forEach(function (each) { show(each.row.cells[column.at + 1], column.shown); });
    });
    let at = 0;
    all('thead .areas th', grid).forEach(function (head) {
      if (!head.dataset.span) { head.dataset.span = head.colSpan; }
      const end = at + Number(head.dataset.span);
      const left = columns.slice(at, end).filter(Boolean).length;
      at = end;
      show(head, left > 0);
      if (left > 0) { head.colSpan = left; }
    });
    map.rows.forEach(function (each, y) {
      each.shown = rows[y];
      show(each.row, rows[y]);
    });
    if (flipped) {
      all('tbody', grid).forEach(function (body) { show(body, body.querySelector('tr:not(.area):not([hidden])') !== null); });
    }
    keepStop();
    return (flipped ? columns : rows).filter(Boolean).length;
  }

  let timer = 0;
  function changed() {
    clearTimeout(timer);
    timer = setTimeout(function () {
      apply();
      const now = state();
      history.replaceState(null, '', now === '' ? location.pathname + location.search : '#' + now);
    }, 150);
  }

  // ---------------------------------------------------------------- the address
  function fromAddress() {
    const hash = location.hash.slice(1);
    if (hash.indexOf('=') === -1) {
      reveal(hash);
      return;
    }
    const parts = new URLSearchParams(hash);
    byId('q').value = parts.get('q') || '';
    byId('node').value = parts.get('node') || '';
    byId('area').value = parts.get('area') || '';
    if (byId('area').selectedIndex < 0) { byId('area').value = ''; }
    boxes.forEach(function (box) {
      box.checked = !parts.has(box.name) || parts.get(box.name).split(',').indexOf(box.value) !== -1;
    });
    apply();
  }
  function reveal(id) {
    const target = id === '' ? null : byId(id);
    if (target === null) { return; }
    if (target.closest('[hidden]') !== null) {
      form.reset();
      apply();
    }
    for (let up = target; up !== null; up = up.parentElement) {
      if (up.tagName === 'DETAILS') { up.open = true; }
    }
    target.scrollIntoView();
    if (target.hasAttribute('tabindex')) { target.focus({ preventScroll: true }); }
  }

  // ---------------------------------------------------------------- the heat map by keyboard
  // One stop for the Tab key instead of thousands; arrows, Home and End lead from cell to cell.
  let stop = null;
  function keepStop() {
    if (stop !== null && stop.closest('[hidden]') === null) { return; }
    if (stop !== null) { stop.tabIndex = -1; }
    stop = all('tbody td:not([hidden]) > a', grid).find(function (link) { return link.closest('[hidden]') === null; }) || null;
    if (stop !== null) { stop.tabIndex = 0; }
  }
  function step(cell, key) {
    const row = cell.parentElement;
    const vertical = key === 'ArrowUp' || key === 'ArrowDown';
    // Cells without a link are stepped over.
    const line = (vertical
      ? all('tbody tr:not(.area)', grid).filter(function (each) { return each.closest('[hidden]') === null; })
        .map(function (each) { return each.cells[cell.cellIndex]; })
      : Array.prototype.slice.call(row.cells)).filter(function (each) {
        return !each.hidden && each.tagName === 'TD' && each.firstElementChild !== null;
      });
    const at = key === 'Home' ? 0 : key === 'End' ? line.length - 1
      : line.indexOf(cell) + (key === 'ArrowLeft' || key === 'ArrowUp' ? -1 : 1);
    return line[at] === undefined ? null : line[at].firstElementChild;
  }
  function label(link) {
    const cell = link.tagName === 'TD' ? link : link.parentElement;
    const side = cell.parentElement.cells[0];
    const head = grid.querySelector(flipped ? 'thead tr' : 'thead .checks').cells[cell.cellIndex];
    const name = function (th) { const named = th.querySelector('[title]'); return named === null ? th.textContent.trim() : named.title; };
    return (flipped ? name(head) + ': ' + name(side) : name(side) + ': ' + name(head)) + ': ' + link.textContent.trim();
  }
  if (grid !== null) {
    all('tbody td > a', grid).forEach(function (link) { link.tabIndex = -1; });
    keepStop();
    grid.addEventListener('focusin', function (event) {
      const link = event.target;
      if (link.parentElement.tagName !== 'TD' || link.tagName !== 'A') { return; }
      if (stop !== link) {
        if (stop !== null) { stop.tabIndex = -1; }
        stop = link;
        stop.tabIndex = 0;
      }
      link.title = label(link);
    });
    grid.addEventListener('mouseover', function (event) {
      const link = event.target.closest('td > a, tbody td[class]');
      if (link !== null && !link.title) { link.title = label(link); }
    });
    grid.addEventListener('click', function (event) {
      const cell = event.target.closest('tbody td[class]');
      const number = cell === null ? undefined : numberOf(cell, cell.cellIndex);
      if (number !== undefined) { location.hash = cases[number].element.id; }
    });
    grid.addEventListener('keydown', function (event) {
      const cell = event.target.closest('td');
      if (cell === null || event.ctrlKey || event.altKey || event.metaKey
          || ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End'].indexOf(event.key) === -1) { return; }
      event.preventDefault();
      const to = step(cell, event.key);
      if (to !== null) { to.focus(); }
    });
  }

  // ---------------------------------------------------------------- folding
  const folds = all('details.fold, details.framework');
  function fold(open) {
    folds.forEach(function (each) { each.open = open; });
  }
  fold(false);
  byId('fold').addEventListener('click', function () { fold(false); });
  byId('unfold').addEventListener('click', function () { fold(true); });
  let before = null;
  window.addEventListener('beforeprint', function () {
    before = folds.map(function (each) { return each.open; });
    fold(true);
  });
  window.addEventListener('afterprint', function () {
    if (before !== null) { folds.forEach(function (each, at) { each.open = before[at]; }); }
    before = null;
  });

  form.addEventListener('input', changed);
  form.addEventListener('reset', function () { setTimeout(changed, 0); });
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  window.addEventListener('hashchange', fromAddress);
  document.addEventListener('click', function (event) {
    const link = event.target.closest('a[href^="#"]');
    // A second time the address does not change.
    if (link !== null && link.getAttribute('href') === location.hash) { reveal(location.hash.slice(1)); }
  });
  form.hidden = false;
  byId('count').textContent = plural(cases.length, 'finding');
  fromAddress();
}());
