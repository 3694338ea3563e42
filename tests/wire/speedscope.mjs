// SPDX-License-Identifier: ISC
//
// Reads traces as speedscope does, with the importer out of its own bundle:
//
//     node speedscope.mjs FOLDER TRACE...
//
// FOLDER is the npm package.  A line of JSON for each trace: {"warnings":[TEXT...],
// "lanes":[{"name":TEXT,"calls":[[DEPTH,FRAME,BEGIN,END]...]}...]}, a call before
// those within it, times in microseconds from the lane's first.
//
// The bundle is a script for a browser: one function, in which the importer is
// declared before anything touches a page.  It returns right behind that.

import fs from "node:fs";
import path from "node:path";
import vm from "node:vm";

// importTraceEvents(), and behind it what initialises its module.
const IMPORTER = new RegExp(
    "function ([\\w$]+)\\(([\\w$]+)\\)\\{return [\\w$]+\\(\\2\\)\\?[\\w$]+\\(\\2\\)" +
    ":[\\w$]+\\(\\2\\)\\?[\\w$]+\\(\\2\\.traceEvents\\)[^}]*\\}" +
    "var [\\w$]+,([\\w$]+)=[\\w$]+\\(\\(\\)=>\\{\"use strict\";[^{}]*\\}\\);");

function loadImporter(folder, warnings) {
    const release = path.join(folder, "dist", "release");
    const bundle = fs.readdirSync(release).find((name) => /^speedscope-\w+\.js$/.test(name));
    const text = fs.readFileSync(path.join(release, bundle), "utf8");
    const found = IMPORTER.exec(text);
    if (found === null)
        throw new Error(`${bundle} has no importer of traces that is known here`);
    const end = found.index + found[0].length;
    const page = {console: {...console, warn: (warning) => warnings.push(warning)}};
    vm.runInNewContext(
        `${text.slice(0, end)}window.importTrace=(events)=>{${found[3]}();` +
        `return ${found[1]}(events)};return;${text.slice(end)}`,
        Object.assign(page, {window: page}));
    return page.importTrace;
}

function callsOf(profile) {
    const calls = [], open = [];
    profile.forEachCall(
        (node, at) => {
            const call = [open.length, node.frame.name, at, null];
            calls.push(call);
            open.push(call);
        },
        (node, at) => { open.pop()[3] = at; });
    return calls;
}

const [folder, ...traces] = process.argv.slice(2);
const warnings = [];
const importTrace = loadImporter(folder, warnings);
for (const trace of traces) {
    warnings.length = 0;
    const {profiles} = importTrace(JSON.parse(fs.readFileSync(trace, "utf8")));
    const lanes = profiles.map((profile) => ({name: profile.getName(), calls: callsOf(profile)}));
    console.log(JSON.stringify({warnings, lanes}));
}
