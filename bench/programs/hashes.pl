# SPDX-License-Identifier: BSD-2-Clause
# hashes.pl - hashes of arrays of strings; argument: percentage of the work
use strict;
use warnings;

my $scale = shift;
my ( %words, $total );
for my $turn ( 1 .. 3 ) {
    %words = ();
    for my $i ( 1 .. 1500 * $scale ) {
        my $key = ( $i * 7919 ) % 50021;
        push @{ $words{"key $key"} }, "value $i of turn $turn";
        delete $words{ "key " . ( $key * 3 % 50021 ) } if $i % 10 == 0;
    }
    for my $key ( sort keys %words ) {
        my @parts = map { split / / } @{ $words{$key} };
        $total += length join ',', reverse @parts;
    }
}
print "$total\n";
