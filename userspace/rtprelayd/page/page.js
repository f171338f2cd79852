// SPDX-License-Identifier: GPL-2.0-or-later
// Draws what status says, and asks again. What came from the network is only ever
// set as text.
"use strict";

const PERIOD_MS = 2000;
const HISTORY = 60;
const SPARK = { width: 110, height: 24 };

const $ = id => document.getElementById(id);

// -- numbers ---------------------------------------------------------------

function bits(octets) {
	const rate = octets * 8;

	if (rate >= 1e9)
		return (rate / 1e9).toFixed(2) + " Gb/s";
	if (rate >= 1e6)
		return (rate / 1e6).toFixed(2) + " Mb/s";
	return (rate / 1e3).toFixed(rate < 1e4 ? 1 : 0) + " kb/s";
}

function age(seconds) {
	const two = number => String(number).padStart(2, "0");
	const days = Math.floor(seconds / 86400);
	const hours = Math.floor(seconds / 3600) % 24;
	const minutes = Math.floor(seconds / 60) % 60;

	if (days)
		return days + " d " + hours + " h";
	return hours + ":" + two(minutes) + ":" + two(seconds % 60);
}

const count = number => number.toLocaleString("en");
const percent = part => part < 0 ? "–" : (100 * part).toFixed(1) + " %";
const sum = (list, of) => list.reduce((total, each) => total + of(each), 0);

function dropped(counters, prefix) {
	return sum(Object.keys(counters).filter(name => name.startsWith(prefix)),
		   name => counters[name]);
}

// -- elements --------------------------------------------------------------

function put(parent, tag, className, text) {
	const element = document.createElement(tag);

	if (className)
		element.className = className;
	if (text !== undefined)
		element.textContent = text;
	parent.append(element);
	return element;
}

function setText(element, text) {
	if (element.textContent !== text)
		element.textContent = text;
}

function putNumber(parent, name, value, bad) {
	const span = put(parent, "span", bad ? "bad" : "", name + " ");

	put(span, "b", "", value);
}

// -- streams ---------------------------------------------------------------

const histories = new Map();

function remember(track) {
	const key = track.path + " " + track.track;
	const history = histories.get(key) || [];

	history.push(track.rx_rate);
	if (history.length > HISTORY)
		history.shift();
	histories.set(key, history);
	return history;
}

function putSpark(parent, history) {
	const space = "http://www.w3.org/2000/svg";
	const svg = document.createElementNS(space, "svg");
	const line = document.createElementNS(space, "polyline");
	const most = Math.max(...history, 1);
	const step = SPARK.width / (HISTORY - 1);
	const start = SPARK.width - step * (history.length - 1);

	svg.setAttribute("width", SPARK.width);
	svg.setAttribute("height", SPARK.height);
	svg.setAttribute("role", "img");
	svg.setAttribute("aria-label", "Rate over the last two minutes");
	line.setAttribute("class", "spark");
	line.setAttribute("points", history.map((rate, i) => (start + i * step).toFixed(1) + "," +
		(SPARK.height - 2 - rate / most * (SPARK.height - 4)).toFixed(1)).join(" "));
	svg.append(line);
	parent.append(svg);
}

// @share: of the bar, 0 to 1, that is filled
function putBar(list, name, fill, share, rateClass, rate) {
	put(list, "span", "name", name);
	put(put(list, "div", "box"), "div", fill).style.width = 100 * share + "%";
	put(list, "span", rateClass, rate);
}

function putLayers(parent, layers) {
	const most = Math.max(...layers.map(layer => layer.rate), 1);
	const list = put(parent, "div", "layers");

	for (const layer of layers)
		putBar(list, "D" + layer.did + " Q" + layer.qid + " T" + layer.tid,
		       "fill d" + layer.did % 4, layer.rate / most, "rate", bits(layer.rate));
}

// A bar for each limit, as long as what is used of it
function showLimits(limits) {
	const list = $("limits");

	list.replaceChildren();
	list.hidden = !limits.length;
	for (const limit of limits)
		putBar(list, "limit of " + (limit.name ? limit.scope + " " + limit.name : "this host"),
		       "fill", Math.min(limit.used / limit.limit, 1),
		       limit.used > limit.limit ? "rate bad" : "rate",
		       bits(limit.used) + " of " + bits(limit.limit) + ", " +
		       (limit.viewers === 1 ? "1 viewer" : count(limit.viewers) + " viewers"));
}

function putTrack(parent, track) {
	const element = put(parent, "div", "track");
	const title = put(element, "div", "title");
	const numbers = put(element, "div", "numbers");
	const lost = dropped(track, "rx_dropped_");

	put(title, "strong", "", track.media + " " + track.codec);
	put(title, "span", track.backend === "kernel" ? "badge good" : "badge", track.backend);
	putSpark(title, remember(track));
	putNumber(numbers, "in", bits(track.rx_rate));
	putNumber(numbers, "out", bits(track.tx_rate));
	putNumber(numbers, "lost", count(track.rx_lost), track.rx_lost > 0);
	putNumber(numbers, "dropped", count(lost), lost > 0);
	putNumber(numbers, "unsent", count(track.tx_dropped), track.tx_dropped > 0);
	if (track.layers.length > 1)
		putLayers(element, track.layers);
	if (track.slow !== "none")
		put(element, "p", "why", track.slow + ": " + track.why);
}

function putStream(parent, stream) {
	const element = put(parent, "article", "stream");
	const title = put(element, "h3");
	const good = stream.state === "playing";

	put(title, "span", "", stream.path);
	put(title, "span", good ? "badge good" : stream.viewers ? "badge bad" : "badge",
	    stream.state);
	put(title, "span", "count", stream.viewers === 1 ? "1 viewer" :
	    count(stream.viewers) + " viewers");
	put(element, "div", "url", stream.upstream + (stream.transport === "tcp" ? ", over TCP" : "") +
	    (stream.returns ? ", came back " + count(stream.returns) + " times" : ""));
	for (const track of stream.tracks)
		putTrack(element, track);
}

function showStreams(streams) {
	const list = document.createDocumentFragment();

	for (const stream of streams)
		putStream(list, stream);
	$("streams").replaceChildren(list);
}

// -- viewers ---------------------------------------------------------------

const unique = list => [...new Set(list)].join(", ");

function capOf(viewer) {
	const leg = viewer.tracks[0];

	if (!leg)
		return "–";
	return leg.current_cap + (leg.cap === leg.current_cap ? "" : " → " + leg.cap) +
		(leg.wish === leg.cap ? "" : " of " + leg.wish);
}

// Why it has these layers: of the first track that has other ones than it asked for
function decisionOf(viewer) {
	const less = viewer.tracks.find(leg => leg.reason !== "wish") || viewer.tracks[0];

	return less ? less.adapted : "";
}

function whyOf(viewer) {
	return viewer.slow === "none" ? viewer.why : viewer.slow + ": " + viewer.why;
}

const columns = [
	{ name: "Viewer", value: viewer => viewer.viewer, class: "id" },
	{ name: "Stream", value: viewer => viewer.path },
	{ name: "Address", value: viewer => viewer.address },
	{ name: "Transport", value: viewer => unique(viewer.tracks.map(leg => leg.transport)) },
	{ name: "Served by", value: viewer => unique(viewer.tracks.map(leg => leg.backend)) },
	{ name: "Cap", value: capOf },
	{ name: "Reason", value: decisionOf, class: "decision" },
	{ name: "Rate", value: viewer => sum(viewer.tracks, leg => leg.rate), show: bits,
	  class: "n" },
	{ name: "Dropped", value: viewer => sum(viewer.tracks, leg => dropped(leg, "dropped_")),
	  show: count, class: "n", bad: value => value > 0 },
	{ name: "Loss", value: viewer => Math.max(-1, ...viewer.tracks.map(leg => leg.loss ?? -1)),
	  show: percent, class: "n", bad: value => value >= 0.01 },
	{ name: "Age", value: viewer => viewer.age, show: age, class: "n" },
	{ name: "Slow", value: whyOf, class: "why-cell",
	  bad: (value, viewer) => viewer.slow !== "none" },
];

// As they come, those that have something to complain of are first.
let order = null;
let last = null;
const rows = new Map();

function makeRow() {
	const row = document.createElement("tr");

	for (const column of columns)
		put(row, "td", column.class || "");
	return row;
}

function fillRow(row, viewer) {
	columns.forEach((column, i) => {
		const value = column.value(viewer);
		const bad = column.bad && column.bad(value, viewer);

		setText(row.cells[i], column.show ? column.show(value) : value);
		row.cells[i].classList.toggle("bad", Boolean(bad));
	});
}

function compare(a, b) {
	const x = order.column.value(a);
	const y = order.column.value(b);
	const result = typeof x === "number" ? x - y : x.localeCompare(y, "en", { numeric: true });

	return order.up ? result : -result;
}

function matches(viewer, text) {
	return columns.some(column => String(column.value(viewer)).toLowerCase().includes(text));
}

function showViewers(viewers, total) {
	const text = $("filter").value.trim().toLowerCase();
	const shown = text ? viewers.filter(viewer => matches(viewer, text)) : [...viewers];
	const body = $("viewers").tBodies[0];
	const there = new Set(viewers.map(viewer => viewer.viewer));

	if (order)
		shown.sort(compare);
	for (const name of rows.keys())
		if (!there.has(name))
			rows.delete(name);
	const wanted = shown.map(viewer => {
		if (!rows.has(viewer.viewer))
			rows.set(viewer.viewer, makeRow());
		fillRow(rows.get(viewer.viewer), viewer);
		return rows.get(viewer.viewer);
	});
	if (wanted.length !== body.rows.length || wanted.some((row, i) => row !== body.rows[i]))
		body.replaceChildren(...wanted);
	setText($("shown"), shown.length < total ? count(shown.length) + " of " + count(total) : "");
	$("empty").hidden = total > 0;
}

function sortBy(column) {
	order = { column, up: order && order.column === column ? !order.up : true };
	[...$("viewers").tHead.rows[0].cells].forEach((cell, i) => {
		if (columns[i] === column)
			cell.setAttribute("aria-sort", order.up ? "ascending" : "descending");
		else
			cell.removeAttribute("aria-sort");
	});
	if (last)
		showViewers(last.viewers, last.sessions);
}

function makeHead() {
	for (const column of columns) {
		const cell = put($("viewers").tHead.rows[0], "th", column.class === "n" ? "n" : "");

		cell.scope = "col";
		put(cell, "button", "", column.name).addEventListener("click", () => sortBy(column));
	}
}

// -- all of it -------------------------------------------------------------

function show(model) {
	const tracks = model.streams.flatMap(stream => stream.tracks);

	last = model;
	setText($("version"), model.version);
	setText($("n-streams"), count(model.streams.filter(each => each.state === "playing").length) +
		" of " + count(model.streams.length));
	setText($("n-viewers"), count(model.sessions));
	setText($("rx"), bits(sum(tracks, track => track.rx_rate)));
	setText($("tx"), bits(sum(tracks, track => track.tx_rate)));
	setText($("uptime"), age(model.uptime));
	showLimits(model.limits);
	showStreams(model.streams);
	showViewers(model.viewers, model.sessions);
}

function setLive(good, text) {
	$("live").className = good ? "good" : "bad";
	setText($("live"), text);
}

async function poll() {
	if (!document.hidden) {
		try {
			const answer = await fetch("status", { cache: "no-store" });

			show(await answer.json());
			setLive(true, "live");
		} catch (error) {
			setLive(false, "rtprelayd does not answer");
		}
	}
	setTimeout(poll, PERIOD_MS);
}

makeHead();
$("filter").addEventListener("input", () => last && showViewers(last.viewers, last.sessions));
poll();
