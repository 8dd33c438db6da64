
(function () {
  'use strict';
  var box = document.getElementById('filter');
  var count = document.getElementById('count');
  var rows = Array.prototype.slice.call(document.querySelectorAll('table.rows tbody tr'));
  var texts = rows.map(function (row) {
    var role = row.getAttribute('data-role');
    return (row.textContent + (role ? ' ' + document.getElementById(role).textContent : '')).toLowerCase();
  });
  var timer = 0;
  function show() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    var shown = 0;
    rows.forEach(function (row, at) {
      var fits = words.every(function (word) { return texts[at].indexOf(word) !== -1; });
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    count.textContent = words.length === 0 ? rows.length + ' rows' : shown + ' of ' + rows.length + ' rows';
  }
  box.addEventListener('input', function () { clearTimeout(timer); timer = setTimeout(show, 120); });
  show();
}());
