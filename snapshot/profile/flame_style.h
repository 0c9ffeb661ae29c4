/* SPDX-License-Identifier: GPL-2.0-only */
/* How the flame graph looks and moves; private to flame.c. */
#pragma once

#define FLAME_STYLE                                                                                              \
	"#flame{font-family:ui-sans-serif,system-ui,'Segoe UI',Roboto,'Liberation Sans',sans-serif}"             \
	"#flame .paper{fill:#fcfcfd}#flame .title{font-size:17px;font-weight:600;fill:#1c2230}"                  \
	"#flame .note,#flame .legend,#flame .detail,#flame .tool{font-size:12px;fill:#5a6376}"                   \
	"#flame .detail,#flame .tool{text-anchor:end}#flame .tool,#flame .tab,#flame .f{cursor:pointer}"         \
	"#flame .tool:hover{fill:#1c2230;text-decoration:underline}"                                             \
	"#flame .none{font-size:14px;fill:#5a6376;text-anchor:middle}"                                           \
	"#flame .tab rect{fill:#e8ebf1}#flame .tab text{font-size:12px;fill:#3a4255;text-anchor:middle}"         \
	"#flame .tab.on rect{fill:#2f3b52}#flame .tab.on text{fill:#fff}"                                        \
	"#flame .f text{font-family:ui-monospace,'DejaVu Sans Mono','Liberation Mono',monospace;font-size:11px;" \
	"fill:#20242e;pointer-events:none}#flame .f:hover rect{stroke:#1c2230;stroke-width:1}"                   \
	"#flame .f.dim{opacity:.45}#flame .f.hit rect{fill:#d65adf}"                                             \
	"@media (prefers-color-scheme:dark){#flame .paper{fill:#171a21}#flame .title{fill:#eef1f7}"              \
	"#flame .note,#flame .legend,#flame .detail,#flame .tool,#flame .none{fill:#a3adc2}"                     \
	"#flame .tool:hover{fill:#fff}#flame .tab rect{fill:#2a303d}#flame .tab text{fill:#c7cfdf}"              \
	"#flame .tab.on rect{fill:#dfe5f2}#flame .tab.on text{fill:#171a21}#flame .f:hover rect{stroke:#fff}}"

/* Everything is reached through #flame, so that the graph also works inside a page. Labels are set by textContent alone. */
#define FLAME_SCRIPT                                                                                               \
	"(function(){'use strict';\n"                                                                              \
	"var top=document.getElementById('flame'),left=16,full=1168,letter=6.7;\n"                                 \
	"var one=function(id){return top.querySelector('#'+id)},reset=one('reset'),detail=one('detail');\n"        \
	"var frames=Array.from(top.querySelectorAll('.f')).map(function(g){\n"                                     \
	"  var r=g.querySelector('rect'),t=g.querySelector('title').textContent.split('\\n');\n"                   \
	"  return {g:g,r:r,t:g.querySelector('text'),x:+r.getAttribute('x'),w:+r.getAttribute('width'),\n"         \
	"    y:+r.getAttribute('y'),name:t[0],line:t.join('  ·  '),win:g.parentNode};});\n"                        \
	"function place(f,x,w){\n"                                                                                 \
	"  f.r.setAttribute('x',x);f.r.setAttribute('width',Math.max(w,.1));f.t.setAttribute('x',x+3);\n"          \
	"  var room=Math.floor((w-6)/letter);\n"                                                                   \
	"  f.t.textContent=room<3?'':f.name.length<=room?f.name:f.name.slice(0,room-1)+'…';}\n"                    \
	"function zoom(z){\n"                                                                                      \
	"  frames.forEach(function(f){\n"                                                                          \
	"    if(f.win!==z.win)return;\n"                                                                           \
	"    var over=f.x<=z.x+.01&&f.x+f.w>=z.x+z.w-.01&&f.y>=z.y;\n"                                             \
	"    var inside=f.x>=z.x-.01&&f.x+f.w<=z.x+z.w+.01&&f.y<=z.y;\n"                                           \
	"    f.g.style.display=over||inside?'':'none';\n"                                                          \
	"    f.g.classList.toggle('dim',over&&f!==z);\n"                                                           \
	"    if(over)place(f,left,full);else if(inside)place(f,left+(f.x-z.x)/z.w*full,f.w/z.w*full);});\n"        \
	"  reset.style.display=z.w<full-.5?'':'none';}\n"                                                          \
	"function unzoom(){frames.forEach(function(f){f.g.style.display='';f.g.classList.remove('dim');\n"         \
	"  place(f,f.x,f.w);});reset.style.display='none';}\n"                                                     \
	"frames.forEach(function(f){\n"                                                                            \
	"  f.g.addEventListener('click',function(){zoom(f);});\n"                                                  \
	"  f.g.addEventListener('mouseover',function(){detail.textContent=f.line;});\n"                            \
	"  f.g.addEventListener('mouseout',function(){detail.textContent='';});});\n"                              \
	"reset.addEventListener('click',unzoom);\n"                                                                \
	"one('search').addEventListener('click',function(){\n"                                                     \
	"  var word=prompt('Part of a name');if(word===null)return;\n"                                             \
	"  frames.forEach(function(f){\n"                                                                          \
	"    f.g.classList.toggle('hit',word!==''&&f.name.toLowerCase().includes(word.toLowerCase()));});});\n"    \
	"top.querySelectorAll('.tab').forEach(function(tab){tab.addEventListener('click',function(){\n"            \
	"  unzoom();\n"                                                                                            \
	"  top.querySelectorAll('.tab').forEach(function(t){t.classList.toggle('on',t===tab);});\n"                \
	"  top.querySelectorAll('.w').forEach(function(w){\n"                                                      \
	"    w.style.display=w.id===tab.getAttribute('data-w')?'':'none';});});});\n"                              \
	"})();\n"
