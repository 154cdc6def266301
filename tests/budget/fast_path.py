# SPDX-License-Identifier: BSD-2-Clause
"""The machine code of malloc, free, operator new and delete: no locked instruction, no call.

Usage: fast_path.py [--self-test]; called by meson. What leaves a fast path may only go to a known slow
function, with a jump or a call. That warm operations do not go there is what run.py counts.
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness

FUNCTIONS = [
    "malloc", "free", "cfree", "free_sized", "free_aligned_sized",
    "_Znwm", "_Znam", "_ZnwmRKSt9nothrow_t", "_ZnamRKSt9nothrow_t",
    "_ZdlPv", "_ZdaPv", "_ZdlPvm", "_ZdaPvm", "_ZdlPvRKSt9nothrow_t", "_ZdaPvRKSt9nothrow_t",
]
SLOW = {
    "pool_alloc_behind", "pool_alloc_away", "pool_warm_alloc", "pool_free_slow", "pool_free_sized_slow",
    "pool_delete_slow", "pool_delete_array_slow", "single_behind", "single_slow", "array_behind",
    "array_slow", "single_nothrow_behind", "single_nothrow_slow", "array_nothrow_behind",
    "array_nothrow_slow", "new_slow", "nothrow_slow",
}
LOCKED = re.compile(r"\b(lock|mfence|sfence|lfence|syscall|sysenter|int)\b")
LEAVES = re.compile(r"\b(?:call|jmp|j[a-z]{1,3}|loop\w*)\s+(.*)")


def disassembly(library):
    """Function -> its instructions."""
    command = ["objdump", "-d", "--no-show-raw-insn", "--no-addresses", "--section=.text", library]
    text = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    return functions(text)


def functions(text):
    found = {}
    body = None
    for line in text.splitlines():
        start = re.match(r"<(.+)>:$", line)
        if start:
            body = found.setdefault(start[1], [])
        elif body is not None and line.strip():
            body.append(line.strip())
    return found


def origin(name):
    """The function that a target belongs to: malloc for malloc+0x120 and malloc.cold."""
    return re.sub(r"(\+0x[0-9a-f]+|\.(cold|part|isra|constprop)(\.\d+)?)+$", "", name)


def complaints_of(name, body):
    complaints = []
    if not body:
        return [f"{name}: not in the disassembly"]
    for instruction in body:
        text = instruction.split("#")[0].strip()
        leaves = LEAVES.search(text)
        if LOCKED.search(text):
            complaints.append(f"{name}: {instruction}: locked, a barrier or a system call")
        elif re.search(r"\bxchg\b.*\(", text) or re.search(r"\bxchg\b.*:", text):
            complaints.append(f"{name}: {instruction}: xchg with memory is locked")
        elif leaves:
            target = re.search(r"<([^>]+)>$", leaves[1])
            if target is None:
                complaints.append(f"{name}: {instruction}: leaves to who knows where")
            # Equal functions are one piece of code, which is checked under its own name.
            elif origin(target[1]) not in SLOW | {name} and target[1] not in FUNCTIONS:
                complaints.append(f"{name}: {instruction}: leaves to what is no known slow function")
            elif re.search(r"\bcall\b", text) and origin(target[1]) not in SLOW:
                complaints.append(f"{name}: {instruction}: calls a fast path")
    return complaints


def complaints_all(found):
    complaints = []
    for name in FUNCTIONS:
        # Parts that the compiler moved out of the way are held to the same rules.
        body = [line for part in found if origin(part) == name for line in found[part]]
        complaints += complaints_of(name, body)
    return complaints


GOOD = """\
<malloc>:
\tmov    %rbp,%r11
\tja     <malloc+0x120>
\txchg   %ax,%ax
\tcs nopw 0x0(%rax,%rax,1)
\taddq   $0x1,(%rcx)
\tjmp    <pool_warm_alloc>
\taddr32 call <pool_warm_alloc>
\tjmp    <malloc.cold>
\tret
<malloc.cold>:
\tjmp    <new_slow>
"""
BAD = [
    "lock addq $0x1,(%rcx)",
    "lock cmpxchg %rdx,(%rcx)",
    "xchg   %rax,0x8(%rcx)",
    "xchg   %rax,%fs:0x0",
    "mfence",
    "syscall",
    "call   <memset@plt>",
    "call   *0x18(%rip)        # <memset@GLIBC_2.2.5>",
    "addr32 call <__tls_get_addr@plt>",
    "jmp    <abort@plt>",
    "jne    <alloc_cool>",
    "jmp    *%rax",
    "call   <malloc>",
]


def self_test():
    tap = harness.Tap()
    good = functions(GOOD)
    body = good["malloc"] + good["malloc.cold"]
    tap.equal(complaints_of("malloc", body), [], "a fast path as it should be")
    for line in BAD:
        tap.equal(len(complaints_of("malloc", body + [line])), 1, line)
    tap.equal(len(complaints_of("free", [])), 1, "a function that is not there")
    cold = functions(GOOD.replace("<new_slow>", "<memset>"))
    tap.ok(any("memset" in line for line in complaints_all(cold)), "a call in the part out of the way")
    tap.done()


def main():
    if "--self-test" in sys.argv:
        self_test()
    complaints = complaints_all(disassembly(harness.library()))
    print("\n".join(complaints) or f"{len(FUNCTIONS)} fast paths without a lock or a call")
    return 1 if complaints else 0


sys.exit(main())
