-- SPDX-License-Identifier: BSD-2-Clause
-- trees.lua - binary trees, tables, strings; argument: percentage of the work
local scale = tonumber(arg[1])

local function tree(depth)
    if depth == 0 then
        return {}
    end
    return { tree(depth - 1), tree(depth - 1) }
end

local function count(node)
    return node[1] and 1 + count(node[1]) + count(node[2]) or 1
end

local total = 0
local kept = tree(14)
for i = 1, 6 * scale do
    total = total + count(tree(11 + i % 2))
end
local names = {}
for i = 1, 3000 * scale do
    names[i % 20000 + 1] = "name " .. (i * 7919 % 50021) .. " of " .. i
end
print(total + count(kept), #table.concat(names, ","))
